"""Mistakes that somebody saw on the Live page, on their way to the top of the review queue."""

from __future__ import annotations

from core.auth.roles import Actor
from core.catalog.engine import writing
from core.catalog.image_tables import Image
from core.config.messages import Message, Messages, say
from core.images import FLAGGED, LIVE, PROPOSED, UNLABELLED, store
from core.vision.boxes import BadBoxError, NewBox, from_corners
from core.vision.classes import CLASSES
from core.vision.detections import Detections, Pixels
from core.vision.provenance import MODEL


def flag(
    actor: Actor, pixels: Pixels, right_label: str | None, said: Detections, *, session: str, model: str = "the model"
) -> Image:
    """Somebody says that the detector was wrong on this frame: it goes to the top of the queue.

    ``said`` is what the detector answered; its surest box, with ``right_label`` on it, is the proposal.
    ``right_label`` None means that there is no throw: the proposal is an empty picture. Where the detector saw
    nothing there is no box to propose, and the picture waits unlabelled. ``session`` groups the frames of one
    stream, ``model`` names who said it. Anybody may do this. Raises ``ForbiddenError``, ``BadImageError``,
    ``BadBoxError`` for an unknown class, ``lake.DiskFullError``.
    """
    if right_label is not None and right_label not in CLASSES:
        raise BadBoxError(f"A throw is one of {', '.join(CLASSES)}, not {right_label!r}.")
    boxes = [] if right_label is None or not len(said) else [_corrected(pixels, right_label, said)]
    note = (_note(actor, right_label, said, model),)
    state = UNLABELLED if right_label is not None and not boxes else PROPOSED
    about = store.ImageFacts(LIVE, session, boxes=boxes, state=state, priority=FLAGGED, note=note)
    kept = store.put(actor, pixels, about)
    return kept.image if kept.new else _flag_again(kept.image.id, note)


def _flag_again(image_id: int, note: Messages) -> Image:
    """The very same frame was there already: what people decided about it stands, otherwise it moves up."""
    with writing() as session:
        image = session.get_one(Image, image_id, with_for_update=True)
        if image.state in {UNLABELLED, PROPOSED}:
            image.priority, image.note = FLAGGED, note
        return image


def _corrected(pixels: Pixels, label: str, said: Detections) -> NewBox:
    """The surest box with another label. Without a confidence: nobody was sure of this answer, so far."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = (float(side) for side in said.boxes[0])
    return from_corners(label, (left, top, right, bottom), width, height, MODEL)


def _note(actor: Actor, right_label: str | None, said: Detections, model: str) -> Message:
    pairs = zip(said.labels, said.scores, strict=True)
    found = [say("image.detection", label=CLASSES[label], confidence=score) for label, score in pairs]
    found = found or [say("image.no_detection")]
    if right_label is None:
        return say("image.flagged_nothing", model=model, found=found, user=actor.username)
    return say("image.flagged", model=model, found=found, user=actor.username, label=right_label)
