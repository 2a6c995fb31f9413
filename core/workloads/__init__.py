"""Workloads: the contract, one package per workload, and the discovery of installed ones."""

from __future__ import annotations

from core.workloads.base import DataKind, Workload
from core.workloads.discovery import Workloads
from core.workloads.linear.workload import LinearWorkload
from core.workloads.rps.workload import RpsWorkload

WORKLOADS = Workloads((LinearWorkload(), RpsWorkload()))
"""Name → workload: the built-in ones, then those of installed packages."""


DEFAULT = "linear"
"""The workload of the short route ``POST /predict``."""


def get_workload(name: str) -> Workload:
    """The workload called ``name``. Raises ``LookupError`` with the known names otherwise."""
    try:
        return WORKLOADS[name]
    except KeyError:
        raise LookupError(f"Unknown workload {name!r}; known: {', '.join(WORKLOADS)}.") from None


def of_kind(data_kind: DataKind) -> list[Workload]:
    """The workloads with data of that kind, in order of registration."""
    return [workload for workload in WORKLOADS.values() if workload.data_kind == data_kind]
