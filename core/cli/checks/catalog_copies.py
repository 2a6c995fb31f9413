"""Was the catalog lost? Which copy of it could be restored?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from core.backup.catalog_copies import copies
from core.catalog.revision import sqlite_file
from core.cli.errors import CommandError
from core.cli.findings import Finding, ok, problem, warning
from core.cli.new_catalog import held, is_blank, where
from core.config.settings import Settings

_LATE = 3
"""A copy that is so many intervals old is late: the flow runner makes them while it runs."""


def check_lost(settings: Settings) -> Iterator[Finding]:
    """A catalog without rows beside stores that hold something."""
    try:
        found = ", ".join(held(settings)) if is_blank(settings) else ""
    except CommandError:
        return  # a damaged catalog or an object store that does not respond has its own finding
    if found:
        yield problem(f"The catalog {where(settings)} is empty, but there are {found}: it was lost", how_back(settings))


def how_back(settings: Settings) -> str:
    """How to bring the catalog back: from its newest copy, or from a backup."""
    found = copies(settings) if sqlite_file(settings.catalog_url) else []
    if not found:
        return "Stop everything, and restore the newest backup with `python3 manage.py restore FILE --force`."
    return (
        f"Stop everything; `python3 manage.py restore {found[0].path} --force` restores the copy of "
        f"{found[0].made_at:%d %B %Y, %H:%M} UTC ({len(found)} copies are in {settings.copies_dir})."
    )


def check_copies(settings: Settings) -> Iterator[Finding]:
    """Is there a recent copy? Nothing for a catalog on a server, or where copies are off."""
    if not settings.catalog_copies or sqlite_file(settings.catalog_url) is None:
        return
    found = copies(settings)
    if not found:
        yield ok("There are no copies of the catalog yet: the flow runner makes one a day")
        return
    if datetime.now(UTC) - found[0].made_at > _LATE * timedelta(hours=settings.catalog_copy_hours):
        yield warning(
            f"The newest copy of the catalog is from {found[0].made_at:%d %B %Y}",
            "The flow runner makes them while it runs; `data/logs/runner.jsonl` says why it could not.",
        )
    else:
        yield ok(f"{len(found)} copies of the catalog, the newest from {found[0].made_at:%d %B %Y, %H:%M} UTC")
