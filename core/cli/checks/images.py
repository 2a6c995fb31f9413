"""Do the files of the image store match the images in the catalog?"""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.image_tables import Image
from core.cli.checks.lake import SWEEP_AFTER_S, is_whole, sweep
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import Settings
from core.images.files import file_name
from core.storage import buckets
from core.storage.object_store import Entry, ObjectStoreError

_NAMED = 5


def check_images(settings: Settings, *, fix: bool, deep: bool) -> Iterator[Finding]:
    """Images without a file, damaged ones with ``deep``, and orphaned files (removed with ``fix``)."""
    if settings.lake_url is None and not settings.images_dir.is_dir():
        return
    try:
        with reading() as session:
            sizes = dict(session.execute(select(Image.sha256, Image.bytes)).tuples().all())
        stored = {entry.name: entry for entry in buckets.listing(buckets.IMAGES)}
    except (CatalogUnavailableError, ObjectStoreError):
        return  # reported by the check of the catalog or of the object store
    yield _check_files(stored, sizes, deep)
    yield _check_orphans(stored, sizes, fix)


def _check_files(stored: dict[str, Entry], sizes: dict[str, int], deep: bool) -> Finding:
    wrong = sorted(sha256 for sha256, size in sizes.items() if _is_wrong(stored, sha256, size, deep))
    if not wrong:
        how = "contents" if deep else "sizes; `doctor --deep` reads them completely"
        return ok(f"All {len(sizes)} images have their files ({how})")
    named = ", ".join(f"{sha256[:12]}…" for sha256 in wrong[:_NAMED])
    more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    return problem(
        f"{len(wrong)} images have a missing or damaged file: {named}{more}",
        "Restore their files from a backup, or delete those images on the Datasets page.",
    )


def _is_wrong(stored: dict[str, Entry], sha256: str, size: int, deep: bool) -> bool:
    entry = stored.get(file_name(sha256))
    if entry is None or entry.bytes != size:
        return True
    return deep and not is_whole(buckets.IMAGES, entry.name, sha256)


def _check_orphans(stored: dict[str, Entry], sizes: dict[str, int], fix: bool) -> Finding:
    """Files without an image: left by a crash between writing and registering."""
    registered = {file_name(sha256) for sha256 in sizes}
    orphans = [entry for name, entry in stored.items() if name not in registered]
    old = [entry for entry in orphans if time.time() - entry.modified > SWEEP_AFTER_S]
    size = sum(entry.bytes for entry in old) / 1e6
    if not old:
        return ok(f"No orphaned image files{f' ({len(orphans)} being registered)' if orphans else ''}")
    if not fix:
        return warning(
            f"{len(old)} image files are orphaned ({size:,.1f} MB)",
            "`python3 manage.py doctor --fix` removes those older than an hour.",
        )
    return sweep(buckets.IMAGES, old, f"orphaned image files ({size:,.1f} MB)")
