"""Errors that users flag on the Live page; they go to the top of the review queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.auth.roles import Actor
from core.catalog.engine import writing
from core.catalog.image_tables import Image
from core.config.messages import Message, Messages, say
from core.images import FLAGGED, LIVE, PROPOSED, UNLABELLED, store
from core.images.collection import ImageCollection
from core.images.shots import Shot
from core.vision.boxes import BadBoxError, NewBox, whole_image
from core.vision.detection_formats import to_boxes
from core.vision.detections import Detections, Pixels
from core.vision.provenance import MODEL


@dataclass(frozen=True, slots=True)
class FlaggedPrediction:
    """The prediction of ``model``; ``classes`` are its labels, which ``found`` refers to."""

    found: Detections
    classes: Sequence[str]
    model: str = "the model"


def flag(
    actor: Actor,
    pixels: Pixels,
    right_label: str | None,
    said: FlaggedPrediction,
    *,
    session: str,
    collection: ImageCollection,
    person: str | None = None,
) -> Image:
    """Flag a wrong prediction on this frame: the image goes to the top of the review queue.

    The most confident box of the prediction, relabelled to ``right_label``, becomes the proposal. ``right_label`` None
    means that no class is visible: the proposal is then an empty image, or no label at all for whole-image labels. If
    the model detected nothing the image is stored as unlabelled. ``session`` groups the frames of one stream,
    ``person`` is who is on them. Whatever is flagged is learnt from and never judges. Requires no role above viewer.
    Raises ``ForbiddenError``, ``BadImageError``, ``BadBoxError`` for an unknown class, ``lake.DiskFullError``.
    """
    if right_label is not None and right_label not in collection.classes:
        raise BadBoxError(f"The class is one of {', '.join(collection.classes)}, not {right_label!r}.")
    boxes = [] if right_label is None else _corrected(pixels, right_label, said, collection)
    note = (_note(actor, right_label, said),)
    undecided = not boxes and (right_label is not None or collection.whole_image)
    state = UNLABELLED if undecided else PROPOSED
    shot = None if person is None else Shot(person, datetime.now(UTC), session)
    about = store.ImageFacts(LIVE, session, collection, boxes, state, FLAGGED, note, shot)
    kept = store.add_or_find(actor, pixels, about)
    return kept.image if kept.new else _flag_again(kept.image.id, note)


def _flag_again(image_id: int, note: Messages) -> Image:
    """The identical frame already exists: a review decision stands, otherwise the image moves to the top."""
    with writing() as session:
        image = session.get_one(Image, image_id, with_for_update=True)
        if image.state in {UNLABELLED, PROPOSED}:
            image.priority, image.note = FLAGGED, note
        return image


def _corrected(pixels: Pixels, label: str, said: FlaggedPrediction, collection: ImageCollection) -> list[NewBox]:
    """The most confident box with another label, without a confidence: no model predicted this."""
    if collection.whole_image:
        return [whole_image(label, MODEL)]
    height, width = pixels.shape[:2]
    found = to_boxes(said.found, said.classes, width, height)
    return [replace(found[0], label=label, confidence=None)] if found else []


def _note(actor: Actor, right_label: str | None, said: FlaggedPrediction) -> Message:
    pairs = zip(said.found.labels, said.found.scores, strict=True)
    found = [say("image.detection", label=said.classes[label], confidence=score) for label, score in pairs]
    found = found or [say("image.no_detection")]
    if right_label is None:
        return say("image.flagged_nothing", model=said.model, found=found, user=actor.username)
    return say("image.flagged", model=said.model, found=found, user=actor.username, label=right_label)
