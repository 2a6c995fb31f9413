"""Do the files of the image store and the pictures of the catalog agree?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.image_tables import Image
from core.cli.checks.lake import SWEEP_AFTER_S
from core.cli.findings import Finding, ok, problem, warning
from core.lake import sha256_of
from core.settings import Settings

_NAMED = 5


def check_images(settings: Settings, *, fix: bool, deep: bool) -> Iterator[Finding]:
    """Pictures without their file, damaged ones with ``deep``, and files without a picture (swept with ``fix``)."""
    if not settings.images_dir.is_dir():
        return
    try:
        with reading() as session:
            sizes = dict(session.execute(select(Image.sha256, Image.bytes)).tuples().all())
    except CatalogUnavailableError:
        return  # reported by the catalog's own check
    yield _check_files(settings.images_dir, sizes, deep)
    yield _check_orphans(settings.images_dir, sizes, fix)


def _check_files(folder: Path, sizes: dict[str, int], deep: bool) -> Finding:
    wrong = sorted(sha256 for sha256, size in sizes.items() if _is_wrong(folder / f"{sha256}.jpg", sha256, size, deep))
    if not wrong:
        how = "byte by byte" if deep else "sizes; `doctor --deep` reads them whole"
        return ok(f"All {len(sizes)} pictures have their files ({how})")
    named = ", ".join(f"{sha256[:12]}…" for sha256 in wrong[:_NAMED])
    more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    return problem(
        f"{len(wrong)} pictures have lost their file or it is damaged: {named}{more}",
        "Restore data/images from a backup, or delete those pictures under Datasets, Hands.",
    )


def _is_wrong(file: Path, sha256: str, size: int, deep: bool) -> bool:
    return not file.is_file() or file.stat().st_size != size or (deep and sha256_of(file) != sha256)


def _check_orphans(folder: Path, sizes: dict[str, int], fix: bool) -> Finding:
    """Files that belong to no picture: what a crash between writing and registering leaves."""
    orphans = [file for file in folder.iterdir() if file.is_file() and file.stem not in sizes]
    old = [file for file in orphans if time.time() - file.stat().st_mtime > SWEEP_AFTER_S]
    size = sum(file.stat().st_size for file in old) / 1e6
    if not old:
        return ok(f"No abandoned pictures{f' ({len(orphans)} in the making)' if orphans else ''}")
    if not fix:
        return warning(
            f"{len(old)} files in {folder} belong to no picture ({size:,.1f} MB)",
            "`python3 manage.py doctor --fix` removes those older than an hour.",
        )
    for file in old:
        file.unlink(missing_ok=True)
    return ok(f"Removed {len(old)} abandoned pictures ({size:,.1f} MB)")
