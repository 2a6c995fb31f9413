"""Prepare an installation: private folders, an up-to-date catalog, a first admin."""

from __future__ import annotations

import os
import sqlite3

from core.catalog.revision import newest_revision, sqlite_file, sqlite_value
from core.cli.errors import CommandError
from core.config.disk import trouble
from core.config.settings import Settings

_GRANT = "Grant this user write access, or choose another folder with SHIFUMI_DATA_DIR."


def prepare_data(settings: Settings) -> None:
    """Create the data folders, readable by this user only. Raises :class:`CommandError`."""
    # Inherited by all child processes: the databases contain password hashes and session keys.
    os.umask(0o077)
    try:
        settings.make_folders()
        if os.name == "posix":
            settings.data_dir.chmod(0o700)
    except OSError as error:
        raise CommandError(
            f"The data folder {settings.data_dir} is not writable ({error.strerror}). {_GRANT}"
        ) from error
    # A full disk is no reason not to start: what is there can be read and predicted with.
    for folder in (settings.data_dir, *settings.folders):
        if reason := trouble(folder, least_bytes=0):
            raise CommandError(f"Shifumi cannot write its data: {reason}. {_GRANT}")


def prepare_catalog(settings: Settings, *, new_catalog: bool = False) -> None:
    """Migrate the catalog's tables. Takes milliseconds when they are up to date.

    Raises :class:`CommandError` when the catalog was lost, unless ``new_catalog`` asks for a new one.
    """
    if not new_catalog and not _has_people(settings):
        from core.cli.new_catalog import refuse_lost_catalog

        refuse_lost_catalog(settings)
    if _at_head(settings):
        return
    from core.catalog.migrate import upgrade

    _copy_first(settings)
    upgrade(settings.catalog_url)
    if path := sqlite_file(settings.catalog_url):
        path.chmod(0o600)


def _copy_first(settings: Settings) -> None:
    """A migration cannot be taken back: keep the catalog as it was."""
    from core.backup import catalog_copies
    from core.backup.manifest import BackupError

    try:
        catalog_copies.copy_now(settings)
    except BackupError as error:
        raise CommandError(
            f"The catalog has to be migrated, and should be copied first. {error}\n"
            "  Make room, or turn the copies off with SHIFUMI_CATALOG_COPIES=0."
        ) from error


def first_admin(settings: Settings) -> str | None:
    """Create the first admin if there are no users.

    Returns the generated password, which is stored nowhere; None when there are users already or the
    password came from `SHIFUMI_ADMIN_PASSWORD`. Raises :class:`CommandError`.
    """
    if _has_people(settings):
        return None
    from core.auth import passwords, users
    from core.auth.roles import SYSTEM, Role

    if users.count_users():
        return None
    given = settings.admin_password.get_secret_value() if settings.admin_password else None
    password = given or passwords.generate_password()
    try:
        users.add_user(SYSTEM, settings.admin_username, "Administrator", Role.ADMIN, password)
    except (users.UserError, passwords.PasswordRefusedError) as error:
        raise CommandError(
            f"Cannot create the first admin: {error} See SHIFUMI_ADMIN_USERNAME and SHIFUMI_ADMIN_PASSWORD."
        ) from error
    return None if given else password


def announce_password(settings: Settings, password: str | None) -> None:
    """Show a generated password once."""
    if password is None:
        return
    print(
        f"\n  Created the first account. This is shown only once:\n    user      {settings.admin_username}",
        flush=True,
    )
    print(f"    password  {password}\n", flush=True)


def _at_head(settings: Settings) -> bool:
    return _ask(settings, "SELECT version_num FROM alembic_version") == newest_revision()


def _has_people(settings: Settings) -> bool:
    return _ask(settings, "SELECT 1 FROM users LIMIT 1") is not None


def _ask(settings: Settings, question: str) -> object:
    """The first value of a query on a SQLite catalog; None on any doubt, then the slow path decides."""
    path = sqlite_file(settings.catalog_url)
    try:
        return sqlite_value(path, question) if path and path.exists() else None
    except sqlite3.Error:
        return None
