"""Review decisions: accept, correct, reject, undo.

Every change returns a :class:`Step`, which :func:`undo` reverts. Two users may have the same image open: a decision
carries the state that the user saw (``seen``, see :func:`core.labelling.review_history.stamp`), and the second decision
is rejected instead of overwriting the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import writing
from core.catalog.image_tables import Box, Image
from core.catalog.tables import utcnow
from core.images import LABELLED, PROPOSED, REJECTED, store
from core.labelling.flags import flag
from core.labelling.review_history import ImageState, Step, restore_state, save_state, stamp
from core.labelling.review_queue import confident_proposals
from core.vision.boxes import NewBox
from core.vision.provenance import HUMAN
from core.workloads.image_collections import collection_of

__all__ = ["ReviewedMeanwhileError", "UndoResult", "accept", "accept_confident", "flag", "reject", "set_boxes", "undo"]

_SAME = 1e-4
"""Two boxes closer than this share of the image are the same: a twentieth of a pixel at 640."""

_PIECE = 500  # SQLite takes a limited number of values in one query


class ReviewedMeanwhileError(RuntimeError):
    """Another user reviewed this image first; nothing was changed."""


@dataclass(frozen=True, slots=True)
class UndoResult:
    """``restored`` images are as before; ``kept`` ones were changed again since, and stay."""

    restored: tuple[int, ...]
    kept: tuple[int, ...]


def accept(actor: Actor, image_ids: Sequence[int], seen: Mapping[int, str] | None = None) -> Step:
    """Accept the proposed boxes of these images: the images become labelled.

    The boxes keep the provenance "model"; the reviewer is stored with the image. Images without a proposal are not
    changed. Raises ``ForbiddenError``, ``LookupError`` for a missing image, :class:`ReviewedMeanwhileError`.
    """
    require(actor, Role.EDITOR)
    with writing() as session:
        return _accept(session, actor, _found(session, image_ids, seen))


def accept_confident(actor: Actor, workload: str, threshold: float) -> Step:
    """Accept every proposal with a confidence of at least ``threshold`` (0 to 1), except flagged ones.

    One transaction: all or nothing. Raises ``ForbiddenError``.
    """
    require(actor, Role.EDITOR)
    with writing() as session:
        image_ids = list(session.scalars(select(Image.id).where(*confident_proposals(workload, threshold))))
        return _accept(session, actor, _found(session, image_ids, None))


def set_boxes(actor: Actor, image_id: int, boxes: Sequence[NewBox], seen: str | None = None) -> Step:
    """Set the boxes of an image; no boxes make it a negative, in collections with boxes.

    An unchanged box keeps its provenance; any other is the user's, whatever ``provenance`` says. Raises
    ``ForbiddenError``, ``BadBoxError`` for an unknown class, ``LookupError`` for a missing image,
    :class:`ReviewedMeanwhileError`.
    """
    require(actor, Role.EDITOR)

    def label(image: Image) -> None:
        kept = list(image.boxes)
        image.boxes = [
            _same_as(box, kept) or store.new_box_row(replace(box, provenance=HUMAN, confidence=None), actor)
            for box in boxes
        ]
        image.state = LABELLED

    with writing() as session:
        images = _found(session, [image_id], None if seen is None else {image_id: seen})
        collection_of(images[0].workload).check(boxes, complete=True)
        return _changed(session, actor, "label", images, label)


def reject(actor: Actor, image_ids: Sequence[int], seen: Mapping[int, str] | None = None) -> Step:
    """Reject images: they leave the queue and every dataset, but are not deleted.

    Raises ``ForbiddenError``, ``LookupError`` for a missing image, :class:`ReviewedMeanwhileError`.
    """
    require(actor, Role.EDITOR)

    def turn_down(image: Image) -> None:
        image.state = REJECTED

    with writing() as session:
        return _changed(session, actor, "reject", _found(session, image_ids, seen), turn_down)


def undo(actor: Actor, step: Step) -> UndoResult:
    """Revert one of the user's own steps, except for images that were changed since.

    Raises ``ForbiddenError``, also for another user's step, and :class:`ReviewedMeanwhileError` when nothing is left to
    revert.
    """
    require(actor, Role.EDITOR if actor.username == step.actor else Role.ADMIN)
    restored: list[int] = []
    with writing() as session:
        present = {image.id: image for image in _select(session, step.image_ids)}
        for before in step.before:
            image = present.get(before.image_id)
            if image is not None and stamp(image) == step.after[image.id] and _known(image, before):
                restore_state(image, before)
                restored.append(image.id)
        if len(step.before) > 1:
            audit.record_event(actor, "image.undo", "images", images=len(restored), undone=step.action, session=session)
    if step.before and not restored:
        raise ReviewedMeanwhileError("Nothing was undone: the image has been changed or deleted since.")
    return UndoResult(tuple(restored), tuple(one for one in step.image_ids if one not in set(restored)))


def _known(image: Image, before: ImageState) -> bool:
    """Whether all previous labels still exist: one may have been renamed or removed since."""
    return {str(box["label"]) for box in before.boxes} <= set(collection_of(image.workload).classes)


def _accept(session: Session, actor: Actor, images: Sequence[Image]) -> Step:
    def label(image: Image) -> None:
        image.state = LABELLED

    return _changed(session, actor, "accept", [image for image in images if image.state == PROPOSED], label)


def _changed(
    session: Session, actor: Actor, action: str, images: Sequence[Image], change: Callable[[Image], None]
) -> Step:
    """Change images, record the reviewer, and keep the previous state; bulk changes are written to the audit log."""
    before = save_state(images)
    now = utcnow()
    for image in images:
        change(image)
        image.reviewed_by, image.reviewed_at = actor.username, now
    if len(images) > 1:
        audit.record_event(actor, f"image.{action}", images[0].workload, images=len(images), session=session)
    return Step(actor.username, action, before, {image.id: stamp(image) for image in images})


def _found(session: Session, image_ids: Sequence[int], seen: Mapping[int, str] | None) -> list[Image]:
    images = _select(session, image_ids)
    if len(images) < len(set(image_ids)):
        raise LookupError("This image no longer exists: it was deleted.")
    for image in images:
        if seen is not None and stamp(image) != seen.get(image.id):
            raise ReviewedMeanwhileError(_too_late(image))
    return images


def _select(session: Session, image_ids: Sequence[int]) -> list[Image]:
    """The images, locked until the transaction ends (SQLite has a single writer anyway)."""
    wanted = sorted(set(image_ids))
    pieces = [wanted[start : start + _PIECE] for start in range(0, len(wanted), _PIECE)]
    found: list[Image] = []
    for piece in pieces:
        found += session.scalars(select(Image).where(Image.id.in_(piece)).order_by(Image.id).with_for_update())
    return found


def _too_late(image: Image) -> str:
    if image.reviewed_by is None or image.reviewed_at is None:
        return "This image has changed since you opened it. Review it again; your changes were not saved."
    return (
        f"{image.reviewed_by} reviewed this image at {image.reviewed_at:%H:%M:%S} UTC: it is {image.state}. "
        "Your changes were not saved."
    )


def _same_as(wanted: NewBox, kept: list[Box]) -> Box | None:
    """The existing box that equals ``wanted``, removed from ``kept``."""
    for box in kept:
        near = all(abs(getattr(box, side) - getattr(wanted, side)) <= _SAME for side in ("x", "y", "width", "height"))
        if near and box.label == wanted.label:
            kept.remove(box)
            return box
    return None
