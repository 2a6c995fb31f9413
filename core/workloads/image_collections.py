"""The images that a registered workload learns from."""

from __future__ import annotations

from core.images.collection import ImageCollection
from core.workloads import get_workload
from core.workloads.base import Proposer, Proposes


def collection_of(name: str) -> ImageCollection:
    """The collection of the workload called ``name``, with its labels as they are now.

    Raises ``LookupError`` for an unknown workload and for one that does not learn from images.
    """
    workload = get_workload(name)
    if workload.data_kind != "images":
        raise LookupError(f"{workload.title} is not a workload on images.")
    return ImageCollection(name, workload.classes, workload.annotation == "class")


def helper_of(name: str) -> Proposer | None:
    """What the workload called ``name`` brings along to propose boxes, if anything. Raises ``LookupError``."""
    workload = get_workload(name)
    return workload.proposer() if isinstance(workload, Proposes) else None
