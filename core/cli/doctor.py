"""`manage.py doctor`: checks the installation and says what to do about problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.cli.checks.database import check_database
from core.cli.checks.disk import check_disk
from core.cli.checks.environment import check_environment
from core.cli.checks.exposure import check_exposure
from core.cli.checks.external_services import check_external_services
from core.cli.checks.images import check_images
from core.cli.checks.lake import check_lake, check_place
from core.cli.checks.orphans import Repair
from core.cli.checks.services import check_services
from core.cli.checks.storage import check_catalog, check_folder
from core.cli.checks.workers import check_workers
from core.cli.checks.workloads import check_workloads
from core.cli.findings import Finding
from core.config.settings import Settings

_SIGNS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


def doctor(settings: Settings, *, fix: bool = False, deep: bool = False, all_orphans: bool = False) -> int:
    """Print all findings; returns 1 when there is a problem."""
    counts = report(examine(settings, Repair(fix, all_orphans), deep=deep))
    print(f"\n{counts['problem']} problems, {counts['warning']} warnings.")
    return 1 if counts["problem"] else 0


def examine(settings: Settings, repair: Repair, *, deep: bool) -> Iterator[Finding]:
    """All findings, one by one. Nothing is changed unless ``repair`` says so, and nothing is deleted."""
    yield from check_environment()
    yield from check_workloads()
    yield from check_folder(settings, repair.fix)
    yield from check_disk(settings)
    # Checks that need the catalog are skipped while its server is unreachable.
    if unreachable := list(check_database(settings)):
        yield from unreachable
    else:
        yield from check_catalog(settings)
        yield from check_place(settings)
        yield from check_lake(settings, repair, deep=deep)
        yield from check_images(settings, repair, deep=deep)
        yield from check_workers(settings)
    yield from check_services(settings, repair.fix)
    yield from check_external_services(settings)
    yield from check_exposure(settings)


def report(findings: Iterable[Finding]) -> dict[str, int]:
    """Print each finding with its remedy; returns the number of findings per level."""
    counts = dict.fromkeys(_SIGNS, 0)
    for finding in findings:
        counts[finding.level] += 1
        print(f"  {_SIGNS[finding.level]:<8} {finding.text}", flush=True)
        if finding.remedy:
            print(f"  {'':<8} → {finding.remedy}", flush=True)
    return counts
