"""``lost+found``: files that the catalog does not name are moved there with a list, and deleted by nobody but people.

Below it, one folder per date; in it the buckets with the files under their own names, and per bucket a list
(``lake.tsv``: name, bytes, modified). In an object store the same names are keys.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from core.config.settings import get_settings
from core.storage import buckets
from core.storage.object_store import Entry, ObjectStore, object_store_for

LOST = "lost+found"


def put_aside(bucket: str, entries: Sequence[Entry]) -> str:
    """Move files out of ``bucket``, after writing their list; returns the folder or prefix that holds them now.

    Raises ``OSError`` and ``ObjectStoreError``; files not moved yet stay where they are.
    """
    settings = get_settings()
    place = object_store_for(settings)
    lines = [f"{one.name}\t{one.bytes}\t{datetime.fromtimestamp(one.modified, UTC):%FT%TZ}\n" for one in entries]
    text = "name\tbytes\tmodified\n" + "".join(lines)
    date = _free_date(bucket, place)
    if place is None:
        folder = settings.lost_dir / date
        (folder / bucket).mkdir(parents=True, exist_ok=True)
        (folder / f"{bucket}.tsv").write_text(text, encoding="utf-8")
        for entry in entries:
            _move(buckets.folder(bucket) / entry.name, folder / bucket / entry.name)
        return str(folder)
    _store_list(place, text, f"{LOST}/{date}/{bucket}.tsv")
    for entry in entries:
        place.move(f"{bucket}/{entry.name}", f"{LOST}/{date}/{bucket}/{entry.name}")
        with suppress(OSError):
            (buckets.folder(bucket) / entry.name).unlink(missing_ok=True)  # its cached copy
    return f"{place.url}/{LOST}/{date}"


def find(bucket: str, names: Collection[str]) -> dict[str, str]:
    """Where ``lost+found`` holds files of these names: name → its name there, the newest one.

    Raises ``ObjectStoreError``.
    """
    if not names:
        return {}
    found = {}
    for entry in sorted(contents(), key=lambda one: one.name):
        _date, kind, *rest = PurePosixPath(entry.name).parts
        name = "/".join(rest)
        if kind == bucket and name in names:
            found[name] = entry.name
    return found


def bring_back(bucket: str, name: str, kept_as: str) -> None:
    """Move a file back into its bucket; ``kept_as`` is from :func:`find`. Raises ``OSError``, ``ObjectStoreError``."""
    settings = get_settings()
    if (place := object_store_for(settings)) is None:
        _move(settings.lost_dir / kept_as, buckets.folder(bucket) / name)
    else:
        place.move(f"{LOST}/{kept_as}", f"{bucket}/{name}")


def contents() -> list[Entry]:
    """Every file in ``lost+found`` but the lists. Raises ``ObjectStoreError``."""
    settings = get_settings()
    if place := object_store_for(settings):
        found = list(place.listing(LOST))
    else:
        root = settings.lost_dir
        files = [path for path in root.rglob("*") if path.is_file()]
        found = [Entry(path.relative_to(root).as_posix(), path.stat().st_size, path.stat().st_mtime) for path in files]
    return [entry for entry in found if len(PurePosixPath(entry.name).parts) > 2]


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)  # a bucket may be a mount of its own: a rename would fail there


def _free_date(bucket: str, place: ObjectStore | None) -> str:
    """The present second, or a later name when that has a list already: no list is ever overwritten."""
    now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    number = 1
    while _has_list(name := now if number == 1 else f"{now}-{number}", bucket, place):
        number += 1
    return name


def _has_list(date: str, bucket: str, place: ObjectStore | None) -> bool:
    if place is None:
        return (get_settings().lost_dir / date / f"{bucket}.tsv").exists()
    return place.exists(f"{LOST}/{date}/{bucket}.tsv")


def _store_list(place: ObjectStore, text: str, key: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "list.tsv"
        file.write_text(text, encoding="utf-8")
        place.put(file, key)
