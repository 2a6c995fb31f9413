"""Images that people labelled since a model was trained."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.tables import Dataset
from core.images import SYNTHETIC
from core.images.splits import VAL
from core.workloads.images.manifest import listed, manifest_images
from core.workloads.images.minimum_data import lacking


def new_labels(reference: Dataset | None, current: Dataset, classes: Sequence[str]) -> int:
    """See :class:`core.workloads.capabilities.LearnsLabels`. Images of the holdout teach nothing, nor do rendered ones
    tell of a person; and while a class has too few images nothing can be trained."""
    chosen = manifest_images(current, holdout=False)
    if lacking([one for one in chosen if one.split != VAL], classes):
        return 0
    known = {one.sha256 for one in listed(reference)} if reference is not None else frozenset[str]()
    return sum(one.source != SYNTHETIC and one.sha256 not in known for one in chosen)
