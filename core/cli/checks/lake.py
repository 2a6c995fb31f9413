"""Do the files of the lake match the datasets in the catalog? Is the object store usable?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.tables import Dataset
from core.cli.checks.orphans import Repair, bring_back, check_orphans
from core.cli.findings import Finding, ok, problem
from core.config.settings import Settings
from core.storage import buckets
from core.storage.object_store import Entry, ObjectStoreError, object_store_for

_NOTHING = Repair()


def check_place(settings: Settings) -> Iterator[Finding]:
    """The object store, if configured, can write, read and delete a file."""
    if settings.lake_url is None:
        return
    try:
        place = object_store_for(settings)
        if place is not None:
            place.check()
    except ObjectStoreError as error:
        yield problem(str(error), "Until then new data cannot be stored; cached files can be read from data/cache.")
        return
    yield ok(f"{settings.lake_url} can be written, read and deleted from")


def check_lake(settings: Settings, repair: Repair = _NOTHING, *, deep: bool) -> Iterator[Finding]:
    """Orphans (set aside by a ``repair``), missing files and, with ``deep``, damaged ones."""
    if settings.lake_url is None and not settings.lake_dir.is_dir():
        return
    try:
        with reading() as session:
            datasets = list(session.scalars(select(Dataset)))
        stored = {entry.name: entry for entry in buckets.listing(buckets.LAKE)}
    except (CatalogUnavailableError, ObjectStoreError):
        return  # reported by the check of the catalog or of the object store
    registered = {dataset.path for dataset in datasets}
    returned = list(bring_back(buckets.LAKE, registered - set(stored), repair))
    yield from returned
    if returned and repair.fix:
        stored = {entry.name: entry for entry in buckets.listing(buckets.LAKE)}
    yield from check_files(stored, datasets, deep)
    yield check_orphans(buckets.LAKE, stored, registered, "files in the lake", repair)


def check_files(stored: dict[str, Entry], datasets: Sequence[Dataset], deep: bool) -> Iterator[Finding]:
    """Every dataset has its file; with ``deep`` the content is compared with the digest."""
    wrong = [text for dataset in datasets if (text := _what_is_wrong(stored, dataset, deep))]
    for text in wrong:
        yield problem(text, "Delete that dataset on the Datasets page and generate it again, or restore its file.")
    if not wrong:
        how = "contents" if deep else "sizes; `doctor --deep` reads them completely"
        yield ok(f"All {len(datasets)} datasets have their files ({how})")


def _what_is_wrong(stored: dict[str, Entry], dataset: Dataset, deep: bool) -> str:
    entry = stored.get(dataset.path)
    if entry is None:
        return f"Dataset {dataset.id}: its file {dataset.path} is missing"
    if entry.bytes != dataset.bytes or (deep and not is_whole(buckets.LAKE, dataset.path, dataset.sha256)):
        return f"Dataset {dataset.id}: its file {dataset.path} is damaged"
    return ""


def is_whole(bucket: str, name: str, sha256: str) -> bool:
    """Read a stored file completely and compare its digest; an unreadable file counts as damaged."""
    try:
        with buckets.borrowed(bucket, name) as file:
            return buckets.sha256_of(file) == sha256
    except (ObjectStoreError, OSError):
        return False
