"""Mistakes that somebody saw on the Live page, on their way to the top of the review queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.auth.roles import Actor
from core.catalog.engine import writing
from core.catalog.image_tables import Image
from core.config.messages import Message, Messages, say
from core.images import FLAGGED, LIVE, PROPOSED, UNLABELLED, store
from core.images.collection import ImageCollection
from core.vision.boxes import BadBoxError, NewBox, whole_image
from core.vision.detection_formats import to_boxes
from core.vision.detections import Detections, Pixels
from core.vision.provenance import MODEL


@dataclass(frozen=True, slots=True)
class FlaggedPrediction:
    """What ``model`` answered; ``classes`` are its labels, to which ``found`` points."""

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
) -> Image:
    """Somebody says that the model was wrong on this frame: it goes to the top of the queue.

    The most confident box of what was said, with ``right_label`` on it, is the proposal. ``right_label`` None means
    that none of the classes is there: the proposal is an empty image, or no label at all where it is for the whole
    image. Where the model saw nothing there is no box to propose, and the image waits unlabelled. ``session`` groups
    the frames of one stream. Anybody may do this. Raises ``ForbiddenError``, ``BadImageError``, ``BadBoxError`` for an
    unknown class, ``lake.DiskFullError``.
    """
    if right_label is not None and right_label not in collection.classes:
        raise BadBoxError(f"The label is one of {', '.join(collection.classes)}, not {right_label!r}.")
    boxes = [] if right_label is None else _corrected(pixels, right_label, said, collection)
    note = (_note(actor, right_label, said),)
    undecided = not boxes and (right_label is not None or collection.whole_image)
    state = UNLABELLED if undecided else PROPOSED
    about = store.ImageFacts(LIVE, session, collection, boxes, state, FLAGGED, note)
    kept = store.add_or_find(actor, pixels, about)
    return kept.image if kept.new else _flag_again(kept.image.id, note)


def _flag_again(image_id: int, note: Messages) -> Image:
    """The very same frame was there already: what people decided about it stands, otherwise it moves up."""
    with writing() as session:
        image = session.get_one(Image, image_id, with_for_update=True)
        if image.state in {UNLABELLED, PROPOSED}:
            image.priority, image.note = FLAGGED, note
        return image


def _corrected(pixels: Pixels, label: str, said: FlaggedPrediction, collection: ImageCollection) -> list[NewBox]:
    """The most confident box with another label. Without a confidence: nobody was sure of this answer, so far."""
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
