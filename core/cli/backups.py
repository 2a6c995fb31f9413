"""`manage.py backup` and `manage.py restore`: everything in one archive."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.backup.create import create_backup
from core.backup.manifest import BackupError, Manifest
from core.backup.restore import restore as restore_archive
from core.backup.restore_copy import is_copy, restore_copy
from core.catalog.revision import sqlite_file
from core.cli.bootstrap import prepare_catalog, prepare_data
from core.cli.checks.images import check_images
from core.cli.checks.lake import check_lake, check_place
from core.cli.checks.storage import check_catalog, holders_of
from core.cli.doctor import report
from core.cli.errors import CommandError
from core.cli.findings import Finding
from core.cli.runlock import only_supervisor
from core.config.settings import Settings

_TELL_EVERY_S = 0.2


def backup(settings: Settings, file: Path | None) -> int:
    """Write an archive, whether Shifumi runs or not. Raises :class:`CommandError`."""
    os.umask(0o077)
    target = _target(file)
    with _stopped_cleanly(), _Line() as line:
        try:
            manifest = create_backup(settings, target, line.tell)
        except BackupError as error:
            raise CommandError(str(error)) from error
    print(f"{target}: {len(manifest.members):,} files, {target.stat().st_size / 1e6:,.1f} MB.")
    _say_notes(manifest)
    print("It contains password hashes and images of people: protect it like the data folder.")
    return 0


def restore(settings: Settings, file: Path, *, force: bool) -> int:
    """Restore an archive, or a copy of the catalog, and check it. Raises :class:`CommandError`."""
    prepare_data(settings)
    file = file.expanduser()
    if is_copy(file):
        return _restore_copy(settings, file, force=force)
    with only_supervisor(settings.run_dir):
        _refuse_open_catalog(settings)
        with _stopped_cleanly(), _Line() as line:
            try:
                restored = restore_archive(settings, file, line.tell, force=force)
            except BackupError as error:
                raise CommandError(str(error)) from error
    manifest = restored.manifest
    print(f"Restored the backup of {manifest.made_at} ({len(manifest.members):,} files).")
    if restored.aside is not None:
        print(f"The previous data is in {restored.aside}.")
    _say_notes(manifest)
    print("All users have to log in again. Tokens revoked since are valid again: see `python3 manage.py token list`.")
    counts = report(_examined(settings))
    return 1 if counts["problem"] else 0


def _restore_copy(settings: Settings, file: Path, *, force: bool) -> int:
    with only_supervisor(settings.run_dir):
        _refuse_open_catalog(settings)
        try:
            aside = restore_copy(settings, file, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        prepare_catalog(settings)
    print(f"Restored the catalog from {file}. Its datasets and images stayed where they were.")
    if aside is not None:
        print(f"The previous catalog is in {aside}.")
    print(
        "All users have to log in again. Since the copy, tokens that were revoked, accounts that were disabled and "
        "passwords that were changed are as they were: see `python3 manage.py token list` and `user list`. "
        "`python3 manage.py doctor` lists what was added."
    )
    return 1 if report(_examined(settings))["problem"] else 0


def _examined(settings: Settings) -> Iterator[Finding]:
    yield from check_catalog(settings)
    yield from check_place(settings)
    yield from check_lake(settings, deep=True)
    yield from check_images(settings, deep=True)


def _target(file: Path | None) -> Path:
    name = f"shifumi-backup-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    chosen = (file or Path(name)).expanduser().absolute()
    chosen = chosen / name if chosen.is_dir() else chosen
    if not chosen.parent.is_dir():
        raise CommandError(f"There is no folder {chosen.parent}. Create it first.")
    return chosen


def _refuse_open_catalog(settings: Settings) -> None:
    """Without a supervisor (containers, tools) the lock file is not enough: check who has the catalog open."""
    path = sqlite_file(settings.catalog_url)
    if path is not None and path.exists() and (holders := holders_of(path)):
        raise CommandError(f"The catalog is open in {', '.join(holders)}. Stop these programs first.")


def _say_notes(manifest: Manifest) -> None:
    for note in manifest.notes:
        print(f"  ! {note}")


@contextmanager
def _stopped_cleanly() -> Iterator[None]:
    """SIGTERM interrupts like Ctrl-C, so that partial files are removed."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Line:
    """A progress line, on a terminal only."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._told_at = 0.0

    def __enter__(self) -> _Line:
        return self

    def tell(self, text: str) -> None:
        """Show ``text``, at most a few times per second."""
        if self._terminal and time.monotonic() - self._told_at > _TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._show(text)

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            self._show("")
            print("\r", end="", flush=True)

    def _show(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print("\r" + f"  {text}"[:width].ljust(width), end="", flush=True)
