"""The catalog is copied once a day; a good copy outlives a bad catalog, and comes back."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.auth import users
from core.auth.roles import SYSTEM, Role
from core.backup import catalog_copies
from core.backup.catalog_copies import copies, copy_if_due, copy_now, keep_copying
from core.backup.manifest import BackupError
from core.catalog.engine import engine_for
from core.cli.__main__ import main
from core.config.settings import Settings, get_settings
from core.storage import datasets
from tests.learning import make_dataset
from tests.waiting import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def ada(settings: Settings) -> None:
    users.add_user(SYSTEM, "ada", "Ada", Role.ADMIN, PASSWORD)


def damage(settings: Settings, content: bytes) -> None:
    """Overwrite the catalog of a stopped installation."""
    engine_for(settings.catalog_url).dispose()
    for ending in ("-wal", "-shm"):
        (settings.data_dir / f"catalog.db{ending}").unlink(missing_ok=True)
    (settings.data_dir / "catalog.db").write_bytes(content)


def older(copy: Path, by: timedelta) -> Path:
    made = datetime.strptime(copy.name, "catalog-%Y%m%d-%H%M%S.db").replace(tzinfo=UTC) - by
    return copy.rename(copy.with_name(f"catalog-{made:%Y%m%d-%H%M%S}.db"))


def test_a_copy_a_day_of_which_seven_stay(settings: Settings) -> None:
    for _ in range(9):
        made = copy_if_due(settings)
        assert made is not None
        assert copy_if_due(settings) is None, "not twice a day"
        for copy in reversed(copies(settings)):
            older(copy.path, timedelta(hours=24))
    assert len(copies(settings)) == settings.catalog_copies == 7
    with closing(sqlite3.connect(copies(settings)[0].path)) as connection:
        assert connection.execute("SELECT username FROM users").fetchall() == [("ada",)]
    assert copies(settings)[0].path.stat().st_mode & 0o077 == 0


def test_a_copy_from_the_future_is_no_reason_to_wait(settings: Settings) -> None:
    first = copy_now(settings)
    assert first is not None
    older(first, timedelta(days=-2))
    assert copy_if_due(settings) is not None


def test_a_copy_from_the_future_is_no_newest_one_and_goes_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = copy_now(settings)
    assert first is not None
    future = older(first, timedelta(days=-2))
    made = copy_now(settings)
    assert made is not None
    past = older(made, timedelta(days=1))
    assert [copy.path for copy in copies(settings)] == [past, future]
    monkeypatch.setenv("SHIFUMI_CATALOG_COPIES", "2")
    get_settings.cache_clear()
    assert [copy_now(get_settings()), past] == [copy.path for copy in copies(settings)]


def test_a_bad_catalog_replaces_no_copy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_CATALOG_COPIES", "1")
    get_settings.cache_clear()
    good = copy_now(get_settings())
    assert good is not None
    content = (settings.data_dir / "catalog.db").read_bytes()
    for bad in (b"", b"no database" * 500, content[: len(content) // 2]):
        damage(settings, bad)
        try:
            assert copy_now(get_settings()) is None
        except BackupError as error:
            assert "damaged" in str(error) or "cannot be copied" in str(error)
        assert [copy.path for copy in copies(settings)] == [good]
        assert [file.name for file in settings.copies_dir.iterdir()] == [good.name]


def test_no_copies_when_they_are_off(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_CATALOG_COPIES", "0")
    get_settings.cache_clear()
    assert copy_if_due(get_settings()) is None
    assert not settings.copies_dir.exists()


def test_a_failure_stops_nothing_and_the_next_look_copies(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.copies_dir.write_text("a file where the folder should be")
    monkeypatch.setattr(catalog_copies, "_LOOK_EVERY_S", 0.05)
    stop = threading.Event()
    thread = threading.Thread(target=keep_copying, args=(stop,))
    thread.start()
    try:
        settings.copies_dir.unlink()
        wait_until(lambda: copies(settings), timeout=20, what="no copy was made")
    finally:
        stop.set()
        thread.join()


def test_the_doctor_names_the_newest_copy_and_it_comes_back(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = make_dataset()
    copy = copy_now(settings)
    (settings.run_dir / "cookie.key").write_bytes(b"k" * 64)
    for times, content in enumerate((b"", b"no database" * 500), start=1):
        damage(settings, content)
        assert main(["doctor"]) == 1
        said = capsys.readouterr().out
        assert f"manage.py restore {copy} --force" in said
        assert main(["restore", str(copy), "--force"]) == 0
        assert users.authenticate("ada", PASSWORD, "test").role is Role.ADMIN
        assert [found.id for found in datasets.listed()] == [dataset.id]
        aside = sorted(settings.lost_dir.glob("*/catalog/catalog.db"))
        assert len(aside) == times
        capsys.readouterr()
    assert aside[-1].read_bytes() == content, "also a garbled catalog is kept"
    assert not (settings.run_dir / "cookie.key").exists(), "ended sessions stay ended"


def test_a_living_catalog_is_replaced_only_by_force(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    copy = copy_now(settings)
    users.add_user(SYSTEM, "bob", "Bob", Role.VIEWER, PASSWORD)
    assert main(["restore", str(copy)]) == 1
    assert "--force" in capsys.readouterr().err
    assert users.count_users() == 2


def test_a_migration_is_preceded_by_a_copy(settings: Settings) -> None:
    engine_for(settings.catalog_url).dispose()
    with closing(sqlite3.connect(settings.data_dir / "catalog.db")) as connection:
        before = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    from core.catalog import migrate

    migrate.downgrade("0008")
    assert main(["migrate"]) == 0
    [copy] = copies(settings)
    with closing(sqlite3.connect(copy.path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0008",) != before
