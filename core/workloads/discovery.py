"""Finds workloads in installed packages: entry points of the group ``shifumi.workloads``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import getattr_static
from threading import RLock
from typing import get_args

from loguru import logger

from core.workloads.base import Annotation, DataKind, Task, Workload

GROUP = "shifumi.workloads"

_NOTHING = object()
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class WorkloadRefusedError(RuntimeError):
    """An invalid entry point; the message says why."""


@dataclass(frozen=True, slots=True)
class SkippedEntryPoint:
    """An entry point that was skipped: its name, its package, and the reason."""

    name: str
    package: str
    reason: str


class Workloads(MutableMapping[str, Workload]):
    """Name → workload: the built-in ones, then those of installed packages.

    Packages are searched on first access, not on creation: they import ``core.workloads`` themselves. ``broken`` are
    the skipped entry points.
    """

    def __init__(self, shipped: Iterable[Workload]) -> None:
        self._known = {workload.name: workload for workload in shipped}
        self._broken: list[SkippedEntryPoint] = []
        self._complete = False
        self._lock = RLock()

    @property
    def broken(self) -> tuple[SkippedEntryPoint, ...]:
        self._all()
        return tuple(self._broken)

    def _all(self) -> dict[str, Workload]:
        with self._lock:
            if not self._complete:
                # Before the search: a package that looks in here while it is imported sees what there is so far.
                self._complete = True
                for point in entry_points(group=GROUP):
                    self._add(point)
        return self._known

    def _add(self, point: EntryPoint) -> None:
        package = point.dist.name if point.dist else "an unknown package"
        try:
            workload = load(point)
            if workload.name in self._known:
                raise WorkloadRefusedError(f"there is a workload {workload.name} already; rename one of the two")
            self._known[workload.name] = workload
        except WorkloadRefusedError as error:
            self._broken.append(SkippedEntryPoint(point.name, package, str(error)))
            logger.error("The workload {} of {} is skipped: {}", point.name, package, error)

    def __getitem__(self, name: str) -> Workload:
        return self._all()[name]

    def __setitem__(self, name: str, workload: Workload) -> None:
        self._all()[name] = workload

    def __delitem__(self, name: str) -> None:
        del self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def load(point: EntryPoint) -> Workload:
    """The workload behind an entry point, which refers to a class or an instance.

    Raises :class:`WorkloadRefusedError` when it cannot be imported or is not a workload.
    """
    try:
        found = point.load()
        workload = found() if isinstance(found, type) else found
    except Exception as error:  # whatever a foreign module raises, the others go on
        raise WorkloadRefusedError(f"{point.value} cannot be loaded: {error!r}") from error
    if faults := list(contract_violations(workload, point.name)):
        raise WorkloadRefusedError("; ".join(faults))
    checked: Workload = workload
    return checked


def contract_violations(workload: object, name: str) -> Iterator[str]:
    """How ``workload``, registered as ``name``, violates the contract; type errors are left to mypy."""
    members = [one for one in {**Workload.__annotations__, **vars(Workload)} if not one.startswith("_")]
    # Not hasattr: it would run properties, and labels that users make are read from a catalog that may not exist yet.
    if missing := [member for member in members if getattr_static(workload, member, _NOTHING) is _NOTHING]:
        yield f"it lacks {', '.join(missing)}"
        return
    checked: Workload = workload  # type: ignore[assignment]
    if checked.name != name:
        yield f"it is registered as {name}, but its name is {checked.name}"
    if not _NAME.fullmatch(name):
        yield "its name must be 1 to 32 lower case letters, digits and hyphens"
    for member, allowed in (("data_kind", DataKind), ("task", Task), ("annotation", Annotation)):
        if getattr(checked, member) not in get_args(allowed):
            yield f"{member} must be one of {', '.join(get_args(allowed))}, not {getattr(checked, member)!r}"
    if (checked.data_kind == "rows") != bool(checked.features):
        yield "features are required for rows, and only for rows"
