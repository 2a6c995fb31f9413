"""Files that no row of the catalog names: left by a crash between writing and registering, or by a lost catalog."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.cli.findings import Finding, ok, problem, warning
from core.storage import buckets, lost_and_found
from core.storage.object_store import Entry, ObjectStoreError

SWEEP_AFTER_S = 3600.0
"""Younger files may belong to a row that is being written."""
_FEW = 4
_LARGE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Repair:
    """What the doctor may do: nothing, move orphans, move them also when they are a large share of all files."""

    fix: bool = False
    all_orphans: bool = False


def check_orphans(
    bucket: str, stored: dict[str, Entry], registered: Collection[str], what: str, repair: Repair
) -> Finding:
    """Report orphans older than an hour; with ``repair.fix`` move them to ``lost+found``. ``what``: "image files"."""
    orphans = [entry for name, entry in stored.items() if name not in registered]
    old = [entry for entry in orphans if time.time() - entry.modified > SWEEP_AFTER_S]
    size = sum(entry.bytes for entry in old) / 1e6
    if not old:
        return ok(f"No orphaned {what}{f' ({len(orphans)} being registered)' if orphans else ''}")
    if is_lost_catalog(stored, old) and not repair.all_orphans:
        return problem(
            f"{len(old):,} of {len(stored):,} {what} are unknown to the catalog ({size:,.1f} MB): it was probably lost",
            "Restore the catalog. Only if you do not need them: `doctor --fix --all-orphans` moves them to lost+found.",
        )
    if not repair.fix:
        return warning(
            f"{len(old):,} {what} are orphaned ({size:,.1f} MB)",
            "`python3 manage.py doctor --fix` moves those older than an hour to lost+found.",
        )
    return _put_aside(bucket, old, f"{len(old):,} orphaned {what} ({size:,.1f} MB)")


def is_lost_catalog(stored: dict[str, Entry], orphans: list[Entry]) -> bool:
    """Crashes leave few orphans. Many finished ones, or nothing but them, mean that rows are gone, not that files are
    left over; unfinished files (``.tmp``) do not count."""
    finished = sum(buckets.digest_in(name) is not None for name in stored)
    lost = sum(buckets.digest_in(entry.name) is not None for entry in orphans)
    return lost == finished > 0 or (lost > _FEW and lost > _LARGE_SHARE * finished)


def _put_aside(bucket: str, orphans: list[Entry], what: str) -> Finding:
    try:
        where = lost_and_found.put_aside(bucket, orphans)
    except (ObjectStoreError, OSError) as error:
        return problem(f"Orphaned files could not be moved: {error}", "Grant this user permission, or make room.")
    return ok(f"Moved {what} to {where}, with their list {bucket}.tsv; nothing there is ever deleted")


def bring_back(bucket: str, missing: Collection[str], repair: Repair) -> Iterator[Finding]:
    """Files that rows name and ``lost+found`` holds: with ``repair.fix`` they are moved back."""
    try:
        found = lost_and_found.find(bucket, missing)
        if found and repair.fix:
            for name, kept_as in found.items():
                lost_and_found.bring_back(bucket, name, kept_as)
    except (ObjectStoreError, OSError) as error:
        yield problem(f"Files could not be moved back from lost+found: {error}", "Grant this user permission.")
        return
    if found and repair.fix:
        yield ok(f"Moved {len(found):,} files of {bucket} back from lost+found")
    elif found:
        yield problem(
            f"{len(found):,} missing files of {bucket} are in lost+found",
            "`python3 manage.py doctor --fix` moves them back.",
        )
