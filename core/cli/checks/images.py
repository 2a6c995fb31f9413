"""Do the files of the image store match the images in the catalog?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.image_tables import Image
from core.cli.checks.lake import is_whole
from core.cli.checks.orphans import Repair, bring_back, check_orphans
from core.cli.findings import Finding, ok, problem
from core.config.settings import Settings
from core.images.files import file_name
from core.storage import buckets
from core.storage.object_store import Entry, ObjectStoreError

_NAMED = 5
_NOTHING = Repair()


def check_images(settings: Settings, repair: Repair = _NOTHING, *, deep: bool) -> Iterator[Finding]:
    """Images without a file, damaged ones with ``deep``, and orphaned files (set aside by a ``repair``)."""
    if settings.lake_url is None and not settings.images_dir.is_dir():
        return
    try:
        with reading() as session:
            sizes = dict(session.execute(select(Image.sha256, Image.bytes)).tuples().all())
        stored = {entry.name: entry for entry in buckets.listing(buckets.IMAGES)}
    except (CatalogUnavailableError, ObjectStoreError):
        return  # reported by the check of the catalog or of the object store
    registered = {file_name(sha256) for sha256 in sizes}
    returned = list(bring_back(buckets.IMAGES, registered - set(stored), repair))
    yield from returned
    if returned and repair.fix:
        stored = {entry.name: entry for entry in buckets.listing(buckets.IMAGES)}
    yield _check_files(stored, sizes, deep)
    yield check_orphans(buckets.IMAGES, stored, registered, "image files", repair)


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
