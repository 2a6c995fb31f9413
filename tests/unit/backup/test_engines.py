"""An archive goes from one engine to the other, and from a bucket into a folder and back."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.auth import audit, users
from core.auth.roles import SYSTEM, Role
from core.backup import tables
from core.backup.create import create_backup
from core.backup.manifest import BackupError
from core.backup.restore import restore
from core.catalog import engine, migrate
from core.catalog.engine import get_engine, reading
from core.catalog.tables import utcnow
from core.config.settings import Settings, get_settings
from core.images import UPLOAD, store
from core.storage import buckets, datasets, lake
from tests.learning import make_dataset
from tests.pictures_of_hands import HANDS, box, picture

PASSWORD = "correct horse battery"
Rows = dict[str, list[dict[str, object]]]


def quiet(_text: str) -> None:
    """Nobody listens."""


def live_in() -> None:
    users.add_user(SYSTEM, "ada", "Ada Löwe", Role.ADMIN, PASSWORD)
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock")])
    make_dataset(seed=1)


def all_rows() -> Rows:
    with reading() as session:
        return {
            table.name: [dict(row) for row in session.execute(select(table)).mappings()]
            for table in tables.catalog_tables()
        }


def go_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name in ("SHIFUMI_LAKE_URL", "SHIFUMI_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"SHIFUMI_DATA_DIR": str(folder), **environment}.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    get_settings().make_folders()
    return get_settings()


def still_whole() -> None:
    assert users.authenticate("ada", PASSWORD, "here").name == "Ada Löwe"
    assert len(lake.read(datasets.latest("linear").path, ["x1"])["x1"]) == 2_000
    assert store.read_pixels(store.listed()[0]).shape[2] == 3
    migrate.check()


@pytest.fixture
def postgres(postgres_url: str, settings: Settings) -> Iterator[str]:
    """An empty database; whatever a test put there goes."""
    yield postgres_url
    engine.engine_for(postgres_url).dispose()
    migrate.downgrade("base", postgres_url)


@pytest.mark.postgres
def test_from_sqlite_to_postgres(
    settings: Settings, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in()
    rows = all_rows()
    create_backup(settings, tmp_path / "all.zip", quiet)
    new = go_elsewhere(tmp_path / "new", monkeypatch, SHIFUMI_DATABASE_URL=postgres)
    restore(new, tmp_path / "all.zip", quiet)
    assert all_rows() == rows
    assert not (new.data_dir / "catalog.db").exists()
    still_whole()
    make_dataset(seed=2)  # ids go on where they were
    audit.record_event(SYSTEM, "test.after")
    with pytest.raises(BackupError, match="is not empty"):
        restore(
            go_elsewhere(tmp_path / "third", monkeypatch, SHIFUMI_DATABASE_URL=postgres), tmp_path / "all.zip", quiet
        )


@pytest.mark.postgres
def test_from_postgres_to_sqlite(
    settings: Settings, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = go_elsewhere(tmp_path / "old", monkeypatch, SHIFUMI_DATABASE_URL=postgres)
    migrate.upgrade()
    live_in()
    rows = all_rows()
    manifest = create_backup(old, tmp_path / "all.zip", quiet)
    assert manifest.engine == "postgresql"
    restore(go_elsewhere(tmp_path / "new", monkeypatch), tmp_path / "all.zip", quiet)
    assert get_engine().dialect.name == "sqlite"
    assert all_rows() == rows
    still_whole()


@pytest.mark.postgres
def test_a_postgres_that_does_not_answer_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in()
    create_backup(settings, tmp_path / "all.zip", quiet)
    nobody = "postgresql://nobody@127.0.0.1:1/none"
    new = go_elsewhere(tmp_path / "new", monkeypatch, SHIFUMI_DATABASE_URL=nobody)
    with pytest.raises(BackupError, match="does not respond"):
        restore(new, tmp_path / "all.zip", quiet)
    with pytest.raises(BackupError, match="cannot be read"):
        create_backup(new, tmp_path / "none.zip", quiet)
    assert not (tmp_path / "none.zip").exists()


def test_from_a_bucket_into_a_folder_and_back(lake_on_s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in()
    bucket = {bucket: sorted(entry.name for entry in buckets.listing(bucket)) for bucket in buckets.BUCKETS}
    create_backup(get_settings(), tmp_path / "all.zip", quiet)
    folder = go_elsewhere(tmp_path / "folder", monkeypatch)
    restore(folder, tmp_path / "all.zip", quiet)
    still_whole()
    assert buckets.folder("lake") == folder.lake_dir
    other = lake_on_s3 + "-two"
    back = go_elsewhere(tmp_path / "back", monkeypatch, SHIFUMI_LAKE_URL=other)
    restore(back, tmp_path / "all.zip", quiet)
    assert {bucket: sorted(entry.name for entry in buckets.listing(bucket)) for bucket in buckets.BUCKETS} == bucket
    assert list(back.lake_dir.iterdir()) == []
    shutil.rmtree(back.cache_dir, ignore_errors=True)
    still_whole()


def test_a_bucket_that_does_not_answer_stops_both_ways(
    lake_on_s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_in()
    create_backup(get_settings(), tmp_path / "all.zip", quiet)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_settings.cache_clear()
    with pytest.raises(BackupError, match=r"backup failed.*does not respond"):
        create_backup(get_settings(), tmp_path / "two.zip", quiet)
    new = go_elsewhere(tmp_path / "new", monkeypatch, SHIFUMI_LAKE_URL=lake_on_s3)
    with pytest.raises(BackupError, match="could not be restored"):
        restore(new, tmp_path / "all.zip", quiet)
    assert [path for path in new.data_dir.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "two.zip").exists()


def test_moments_keep_their_zone(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_in()
    create_backup(settings, tmp_path / "all.zip", quiet)
    restore(go_elsewhere(tmp_path / "new", monkeypatch), tmp_path / "all.zip", quiet)
    made_at = datasets.latest("linear").created_at
    assert made_at.tzinfo is not None and utcnow() - made_at < timedelta(minutes=10)
