"""Decides the splits of images that have none yet, in the catalog."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.catalog.engine import writing
from core.catalog.image_tables import Image
from core.images import LABELLED, LIVE
from core.images.person_split import Frame, plan
from core.images.splits import OPEN

_LOCK = 0x5EEDF117
"""The id of this advisory lock in PostgreSQL."""


def decide_splits(workload: str) -> int:
    """Give every labelled image without a split one, permanently; returns their number.

    One transaction: two datasets that are made at once decide the same.
    """
    with writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        decided = plan(_frames(session, workload))
        for image_id, split in decided.items():
            session.execute(update(Image).where(Image.id == image_id, Image.split == OPEN).values(split=split))
    return len(decided)


def _frames(session: Session, workload: str) -> list[Frame]:
    """Images of known people: those that are labelled, and those that have a split, whatever became of their label."""
    known = select(Image).where(
        Image.workload == workload,
        Image.person.is_not(None),
        Image.taken_at.is_not(None),
        (Image.state == LABELLED) | (Image.split != OPEN),
    )
    return [_frame(image) for image in session.scalars(known)]


def _frame(image: Image) -> Frame:
    label = min((box.label for box in image.boxes), default="")
    at = image.taken_at.timestamp() if image.taken_at else 0.0
    return Frame(image.id, image.person or "", label, at, image.split, image.source == LIVE)
