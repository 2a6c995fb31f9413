"""The review queue: images to review, with reason and order: flagged errors first, then uncertain proposals."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, case, func, or_, select

from core import images
from core.catalog.engine import reading
from core.catalog.image_tables import Box, Image
from core.catalog.tables import Dataset
from core.images import DECIDED, LABELLED, PROPOSED, UNLABELLED

FLAGGED, UNSURE = "flagged", "unsure"
REASONS = (FLAGGED, UNSURE, PROPOSED, UNLABELLED)
"""Why an image is in the queue, most urgent first."""

CONFIDENT = 0.8
"""Minimum confidence for accepting proposals in bulk."""

_WAITING = (UNLABELLED, PROPOSED)

_REASON = case(
    (Image.priority >= images.FLAGGED, FLAGGED),
    (Image.priority >= images.UNSURE, UNSURE),
    else_=Image.state,
)


def queue(
    workload: str,
    limit: int = 50,
    *,
    reason: str | None = None,
    label: str | None = None,
    source: str | None = None,
    without: Collection[int] = (),
) -> list[Image]:
    """Images in the order of review.

    ``reason`` limits the result to one of :data:`REASONS`, or to reviewed images ("labelled", "rejected", newest
    first); ``label`` to images with such a box; ``without`` leaves out skipped images.
    """
    query = select(Image).where(*_filters(workload, reason, label, source), Image.id.not_in(list(without)))
    if reason in DECIDED:
        query = query.order_by(Image.reviewed_at.desc(), Image.id.desc())
    else:
        query = query.order_by(Image.priority.desc(), Image.id)
    with reading() as session:
        return list(session.scalars(query.limit(limit)))


def waiting_counts(workload: str, label: str | None = None, source: str | None = None) -> dict[str, int]:
    """The number of queued images by reason, including reasons with 0."""
    query = select(_REASON.label("reason"), func.count(Image.id)).where(*_filters(workload, None, label, source))
    # By its name: PostgreSQL takes the same expression with parameters of its own for another one.
    query = query.group_by("reason")
    with reading() as session:
        found = {row[0]: int(row[1]) for row in session.execute(query)}
    return {reason: found.get(reason, 0) for reason in REASONS}


def reason_of(image: Image) -> str:
    """Why this image is queued, or its state when it is not."""
    if image.state not in _WAITING:
        return image.state
    if image.priority >= images.FLAGGED:
        return FLAGGED
    return UNSURE if image.priority >= images.UNSURE else image.state


def sources(workload: str) -> list[str]:
    """The sources of this workload's images, sorted."""
    with reading() as session:
        return list(
            session.scalars(select(Image.source).where(Image.workload == workload).distinct().order_by(Image.source))
        )


def confident_count(workload: str, threshold: float = CONFIDENT) -> int:
    """How many images :func:`core.labelling.review.accept_confident` would accept."""
    with reading() as session:
        return session.scalar(select(func.count(Image.id)).where(*confident_proposals(workload, threshold))) or 0


def confident_proposals(workload: str, threshold: float) -> list[ColumnElement[bool]]:
    """Proposals with at least that confidence.

    Flagged ones are excluded: there the model was confident and wrong.
    """
    doubtful = or_(Box.confidence.is_(None), Box.confidence < threshold)
    return [
        Image.workload == workload,
        Image.state == PROPOSED,
        Image.priority < images.FLAGGED,
        Image.boxes.any(),
        ~Image.boxes.any(doubtful),
    ]


def newly_labelled(workload: str) -> int:
    """The number of labelled images that were reviewed or added after the newest dataset was created."""
    newest = select(func.max(Dataset.created_at)).where(Dataset.workload == workload).scalar_subquery()
    since = func.coalesce(Image.reviewed_at, Image.created_at)
    query = select(func.count(Image.id)).where(
        Image.workload == workload, Image.state == LABELLED, or_(newest.is_(None), since > newest)
    )
    with reading() as session:
        return session.scalar(query) or 0


def _filters(workload: str, reason: str | None, label: str | None, source: str | None) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = [Image.workload == workload]
    if reason in DECIDED:
        filters.append(Image.state == reason)
    else:
        filters.append(Image.state.in_(_WAITING))
        if reason is not None:
            filters.append(_REASON.in_([reason]))
    if label is not None:
        filters.append(Image.boxes.any(Box.label == label))
    if source is not None:
        filters.append(Image.source == source)
    return filters
