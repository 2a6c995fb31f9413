"""Do the files of the lake and the datasets of the catalog agree? Can the shared place be used?"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.tables import Dataset
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import Settings
from core.storage import buckets
from core.storage.object_store import Entry, ObjectStoreError, object_store_for

SWEEP_AFTER_S = 3600.0
"""Younger files may belong to a dataset that is being registered right now."""


def check_place(settings: Settings) -> Iterator[Finding]:
    """The shared place, when there is one, takes a file, gives it back and lets it go."""
    if settings.lake_url is None:
        return
    try:
        place = object_store_for(settings)
        if place is not None:
            place.check()
    except ObjectStoreError as error:
        yield problem(
            str(error), "Until then new data cannot be stored; what was fetched before can be read from data/cache."
        )
        return
    yield ok(f"{settings.lake_url} takes files, gives them back and removes them")


def check_lake(settings: Settings, *, fix: bool, deep: bool) -> Iterator[Finding]:
    """Orphans (swept with ``fix``), missing files and, with ``deep``, damaged ones."""
    if settings.lake_url is None and not settings.lake_dir.is_dir():
        return
    try:
        with reading() as session:
            datasets = list(session.scalars(select(Dataset)))
        stored = {entry.name: entry for entry in buckets.listing(buckets.LAKE)}
    except (CatalogUnavailableError, ObjectStoreError):
        return  # reported by the catalog's or the place's own check
    yield from check_files(stored, datasets, deep)
    yield from check_orphans(stored, {dataset.path for dataset in datasets}, fix)


def check_files(stored: dict[str, Entry], datasets: Sequence[Dataset], deep: bool) -> Iterator[Finding]:
    """Every dataset has its file; with ``deep`` the bytes are compared with the digest."""
    wrong = [text for dataset in datasets if (text := _what_is_wrong(stored, dataset, deep))]
    for text in wrong:
        yield problem(text, "Delete that dataset on the Datasets page and generate it again, or restore its file.")
    if not wrong:
        how = "byte by byte" if deep else "sizes; `doctor --deep` reads them whole"
        yield ok(f"All {len(datasets)} datasets have their files ({how})")


def _what_is_wrong(stored: dict[str, Entry], dataset: Dataset, deep: bool) -> str:
    entry = stored.get(dataset.path)
    if entry is None:
        return f"Dataset {dataset.id}: its file {dataset.path} is missing"
    if entry.bytes != dataset.bytes or (deep and not is_whole(buckets.LAKE, dataset.path, dataset.sha256)):
        return f"Dataset {dataset.id}: its file {dataset.path} is damaged"
    return ""


def is_whole(bucket: str, name: str, sha256: str) -> bool:
    """Read a stored file whole and compare; one that cannot be read is not whole."""
    try:
        with buckets.borrowed(bucket, name) as file:
            return buckets.sha256_of(file) == sha256
    except (ObjectStoreError, OSError):
        return False


def check_orphans(stored: dict[str, Entry], registered: Collection[str], fix: bool) -> Iterator[Finding]:
    """Files that belong to no dataset: what a crash between writing and registering leaves."""
    orphans = [entry for name, entry in stored.items() if name not in registered]
    old = [entry for entry in orphans if time.time() - entry.modified > SWEEP_AFTER_S]
    size = sum(entry.bytes for entry in old) / 1e6
    if not old:
        yield ok(f"No abandoned files in the lake{f' ({len(orphans)} in the making)' if orphans else ''}")
    elif fix:
        yield sweep(buckets.LAKE, old, f"abandoned files from the lake ({size:,.1f} MB)")
    else:
        yield warning(
            f"{len(old)} files in the lake belong to no dataset ({size:,.1f} MB)",
            "`python3 manage.py doctor --fix` removes those older than an hour.",
        )


def sweep(bucket: str, orphans: Sequence[Entry], what: str) -> Finding:
    """Remove files that nobody needs."""
    try:
        for entry in orphans:
            buckets.remove(bucket, entry.name)
    except (ObjectStoreError, OSError) as error:
        return problem(f"Abandoned files could not be removed: {error}", "Give this user the right to remove them.")
    return ok(f"Removed {len(orphans)} {what}")
