"""The image collection of a registered workload."""

from __future__ import annotations

from core.images.collection import ImageCollection
from core.workloads import get_workload
from core.workloads.base import LabelProposals, Proposer


def collection_of(name: str) -> ImageCollection:
    """The collection of the workload ``name``, with its current labels.

    Raises ``LookupError`` for an unknown workload and for one without images.
    """
    workload = get_workload(name)
    if workload.data_kind != "images":
        raise LookupError(f"{workload.title} is not a workload on images.")
    return ImageCollection(name, workload.classes, workload.annotation == "class")


def helper_of(name: str) -> Proposer | None:
    """The proposer of the workload ``name``, if any. Raises ``LookupError``."""
    workload = get_workload(name)
    return workload.proposer() if isinstance(workload, LabelProposals) else None
