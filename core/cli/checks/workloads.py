"""Workloads: which are there, which package could not bring its own, and whether their options can be used."""

from __future__ import annotations

from collections.abc import Iterator

from core.cli.findings import Finding, ok, problem
from core.workloads import WORKLOADS
from core.workloads.settings import WorkloadSettingsError, settings_of


def check_workloads() -> Iterator[Finding]:
    """One finding for those that work, and one for each that was skipped."""
    yield ok(f"Workloads: {', '.join(WORKLOADS)}")
    for broken in WORKLOADS.broken:
        yield problem(
            f"The workload {broken.name} of the package {broken.package} is skipped: {broken.reason}",
            f"Repair the package or uninstall it (`pip uninstall {broken.package}`), then start again.",
        )
    try:
        settings_of(WORKLOADS.values())
    except WorkloadSettingsError as error:
        yield problem(f"Settings of a workload are invalid: {error}", "Correct them in the environment or `.env`.")
