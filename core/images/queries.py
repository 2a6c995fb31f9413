"""Queries over images: filters, pages, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select

from core.catalog.engine import reading
from core.catalog.image_tables import Box, Image
from core.images import LABELLED


@dataclass(frozen=True, slots=True)
class Filters:
    """Criteria for images; None means any. ``label``: at least one box of that class."""

    workload: str | None = None
    label: str | None = None
    state: str | None = None
    source: str | None = None
    split: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of images of each kind, and the boxes of labelled images per class and split."""

    total: int = 0
    states: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    boxes: dict[str, dict[str, int]] = field(default_factory=dict)
    negatives: dict[str, int] = field(default_factory=dict)
    """Labelled images without boxes, per split."""


def listed(filters: Filters | None = None, limit: int = 24, offset: int = 0) -> list[Image]:
    """Images with their boxes, newest first."""
    query = _filtered(select(Image), filters or Filters()).order_by(Image.id.desc()).limit(limit).offset(offset)
    with reading() as session:
        return list(session.scalars(query))


def count(filters: Filters | None = None) -> int:
    """The number of images that match ``filters``."""
    with reading() as session:
        return session.scalar(_filtered(select(func.count(Image.id)), filters or Filters())) or 0


def counts(workload: str) -> Counts:
    """The image counts of a workload."""
    states: dict[str, int] = {}
    sources: dict[str, int] = {}
    splits: dict[str, int] = {}
    with reading() as session:
        kinds = select(Image.state, Image.source, Image.split, func.count(Image.id))
        kinds = kinds.where(Image.workload == workload).group_by(Image.state, Image.source, Image.split)
        for state, source, split, number in session.execute(kinds):
            for table, key in ((states, state), (sources, source), (splits, split)):
                table[key] = table.get(key, 0) + number
        labelled = (Image.workload == workload, Image.state == LABELLED)
        of_class = select(Box.label, Image.split, func.count(Box.id)).join(Image).where(*labelled)
        boxes: dict[str, dict[str, int]] = {}
        for label, split, number in session.execute(of_class.group_by(Box.label, Image.split)):
            boxes.setdefault(label, {})[split] = number
        bare = select(Image.split, func.count(Image.id)).where(*labelled, ~Image.boxes.any()).group_by(Image.split)
        negatives = dict(session.execute(bare).tuples().all())
    return Counts(sum(states.values()), states, sources, splits, boxes, negatives)


def last_person(username: str) -> str | None:
    """Who was on the newest image that this user captured; None before the first one."""
    newest = select(Image.person).where(Image.created_by == username, Image.person.is_not(None))
    with reading() as session:
        return session.scalar(newest.order_by(Image.id.desc()).limit(1))


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    for column, wanted in (
        (Image.workload, filters.workload),
        (Image.state, filters.state),
        (Image.source, filters.source),
        (Image.split, filters.split),
        (Image.session, filters.session),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.label is not None:
        query = query.where(Image.boxes.any(Box.label == filters.label))
    return query


def count_existing(workload: str, digests: Sequence[str]) -> int:
    """How many of these images are still in the catalog."""
    with reading() as session:
        known = set(session.scalars(select(Image.sha256).where(Image.workload == workload)))
    return len(known & set(digests))
