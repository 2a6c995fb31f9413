"""The data folder and the catalog."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
from sqlalchemy import func, select, text

from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.revision import newest_revision, sqlite_file
from core.catalog.tables import User
from core.cli.checks.catalog_copies import check_copies, check_lost, how_back
from core.cli.checks.database import check_database_clock
from core.cli.findings import Finding, ok, problem, warning
from core.config.disk import LEAST_BYTES, trouble
from core.config.settings import Settings

_LOCK_PATIENCE_S = 2.0


def check_folder(settings: Settings, fix: bool) -> Iterator[Finding]:
    """Writable, private, with enough free space."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield warning(f"There is no data folder {folder} yet", "`python3 manage.py run` creates it.")
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield problem(
            f"{folder} is not writable ({error.strerror})",
            "Grant this user write access, or choose another folder with SHIFUMI_DATA_DIR.",
        )
        return
    for below in settings.folders:
        if below.is_dir() and (reason := trouble(below, least_bytes=0)):
            yield problem(reason[0].upper() + reason[1:], "Grant this user write access to that folder.")
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb < max(settings.min_free_disk_mb, LEAST_BYTES / 1e6):
        yield problem(
            f"Only {free_mb:,.0f} MB are free in {folder}; the minimum is {settings.min_free_disk_mb} MB",
            "Delete old datasets, or move the data folder to a larger disk with SHIFUMI_DATA_DIR.",
        )
    else:
        yield ok(f"{folder} is writable; {free_mb:,.0f} MB are free")
    yield from _privacy(folder, fix)


def _privacy(folder: Path, fix: bool) -> Iterator[Finding]:
    if os.name != "posix" or not stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return
    if fix:
        folder.chmod(0o700)
        yield ok(f"{folder} is private again")
    else:
        yield warning(
            f"Other users of this machine can read {folder}, which contains password hashes",
            "`python3 manage.py doctor --fix` makes it private.",
        )


def check_catalog(settings: Settings) -> Iterator[Finding]:
    """Not lost, reachable, up to date, intact, not locked, with an enabled admin and copies."""
    path = sqlite_file(settings.catalog_url)
    if lost := list(check_lost(settings)):
        yield from lost
        return
    if path is not None and not path.exists():
        yield warning(f"There is no catalog {path} yet", "`python3 manage.py run` or `migrate` creates it.")
        return
    try:
        with reading() as session:
            stored = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except CatalogUnavailableError as error:
        remedy = "Check SHIFUMI_DATABASE_URL." if path is None else f"If the file is damaged: {how_back(settings)}"
        yield problem(str(error), remedy)
        return
    if stored is None:
        yield problem("The catalog has no tables yet", "Run `python3 manage.py migrate`.")
        return
    if stored != newest_revision():
        yield problem(
            f"The catalog's tables are at {stored}, the program expects {newest_revision()}",
            "Run `python3 manage.py migrate`.",
        )
        return
    yield ok(f"The catalog responds and is at the newest revision, {stored}")
    if path is not None:
        yield check_integrity(path, how_back(settings))
        yield check_lock(path)
        yield from check_copies(settings)
    else:
        yield check_database_clock()
    yield _admins()


def check_integrity(path: Path, remedy: str) -> Finding:
    """SQLite's integrity check of every page; ``remedy`` says how a damaged catalog comes back."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            answer = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        answer = [str(error)]
    if answer == ["ok"]:
        return ok(f"{path.name} is intact (integrity check)")
    return problem(f"{path} is damaged: {'; '.join(answer)}", remedy)


def check_lock(path: Path) -> Finding:
    """Is it writable? If not, which program locks it, as far as the system tells."""
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        holders = ", ".join(holders_of(path)) or "unknown"
        return problem(
            f"The catalog is not writable ({error}); programs that have it open: {holders}",
            "Wait for them, or stop the one that hangs.",
        )
    return ok(f"The catalog is writable; open in: {', '.join(holders_of(path)) or 'no program'}")


def holders_of(path: Path) -> list[str]:
    """Programs that have ``path`` open, as "name (process number)"; those of other users may be hidden."""
    found = []
    for process in psutil.process_iter():
        try:
            # Reading the list of open files would fail on files that disappear meanwhile.
            if process.pid != os.getpid() and any(file.path == str(path) for file in process.open_files()):
                found.append(f"{process.name()} ({process.pid})")
        except (psutil.Error, OSError):
            continue
    return found


def _admins() -> Finding:
    with reading() as session:
        wanted = select(func.count()).select_from(User).where(User.role == "admin", User.disabled.is_(False))
        count = session.scalar(wanted)
    if count:
        return ok(f"Enabled admins: {count}")
    return problem("No enabled admin: nobody can manage users", "`python3 manage.py user add NAME --role admin`.")
