"""Images that people labelled since a model was trained."""

from __future__ import annotations

from core.catalog.tables import Dataset
from core.images import SYNTHETIC
from core.images.splits import TRAIN, VAL
from core.workloads.images.manifest import listed


def new_labels(reference: Dataset | None, current: Dataset) -> int:
    """See :class:`core.workloads.capabilities.LearnsLabels`. Images of the holdout teach nothing, nor do rendered ones
    tell of a person."""
    known = {one.sha256 for one in listed(reference)} if reference is not None else frozenset[str]()
    return sum(
        one.split in {TRAIN, VAL} and one.source != SYNTHETIC and one.sha256 not in known for one in listed(current)
    )
