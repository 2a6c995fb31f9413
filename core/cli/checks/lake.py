"""Do the files of the lake and the datasets of the catalog agree?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.tables import Dataset
from core.cli.findings import Finding, ok, problem, warning
from core.lake import sha256_of
from core.settings import Settings

SWEEP_AFTER_S = 3600.0
"""Younger files may belong to a dataset that is being registered right now."""


def check_lake(settings: Settings, *, fix: bool, deep: bool) -> Iterator[Finding]:
    """Orphans (swept with ``fix``), missing files and, with ``deep``, damaged ones."""
    if not settings.lake_dir.is_dir():
        return
    try:
        with reading() as session:
            datasets = list(session.scalars(select(Dataset)))
    except CatalogUnavailableError:
        return  # reported by the catalog's own check
    yield from check_files(settings.lake_dir, datasets, deep)
    yield from check_orphans(settings.lake_dir, {dataset.path for dataset in datasets}, fix)


def check_files(lake: Path, datasets: Sequence[Dataset], deep: bool) -> Iterator[Finding]:
    """Every dataset has its file; with ``deep`` the bytes are compared with the digest."""
    wrong = [text for dataset in datasets if (text := _what_is_wrong(lake, dataset, deep))]
    for text in wrong:
        yield problem(text, "Delete that dataset on the Datasets page and generate it again.")
    if not wrong:
        how = "byte by byte" if deep else "sizes; `doctor --deep` reads them whole"
        yield ok(f"All {len(datasets)} datasets have their files ({how})")


def _what_is_wrong(lake: Path, dataset: Dataset, deep: bool) -> str:
    file = lake / dataset.path
    if not file.is_file():
        return f"Dataset {dataset.id}: its file {file} is missing"
    if file.stat().st_size != dataset.bytes or (deep and sha256_of(file) != dataset.sha256):
        return f"Dataset {dataset.id}: its file {file} is damaged"
    return ""


def check_orphans(lake: Path, registered: set[str], fix: bool) -> Iterator[Finding]:
    """Files that belong to no dataset: what a crash between writing and registering leaves."""
    orphans = [file for file in lake.rglob("*") if file.is_file() and _name(file, lake) not in registered]
    old = [file for file in orphans if time.time() - file.stat().st_mtime > SWEEP_AFTER_S]
    size = sum(file.stat().st_size for file in old) / 1e6
    if not old:
        yield ok(f"No abandoned files in the lake{f' ({len(orphans)} in the making)' if orphans else ''}")
    elif fix:
        for file in old:
            file.unlink(missing_ok=True)
        yield ok(f"Removed {len(old)} abandoned files from the lake ({size:,.1f} MB)")
    else:
        yield warning(
            f"{len(old)} files in the lake belong to no dataset ({size:,.1f} MB)",
            "`python3 manage.py doctor --fix` removes those older than an hour.",
        )


def _name(file: Path, lake: Path) -> str:
    return file.relative_to(lake).as_posix()
