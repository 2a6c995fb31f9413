"""The catalog's migrations and transactions, on SQLite and on a real PostgreSQL."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError, StatementError

from core.catalog import engine as catalog_engine
from core.catalog import migrate
from core.catalog.engine import CatalogUnavailableError, reading, writing
from core.catalog.tables import AuditEvent, Base, Dataset, Decision, Job
from core.config.messages import say
from core.config.settings import Settings, get_settings
from core.jobs import jobs
from core.loop import decisions
from core.storage import datasets
from tests.learning import make_dataset


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on each engine, emptied again afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{(tmp_path / 'fresh.db').as_posix()}"
        return
    url = request.getfixturevalue("postgres_url")
    yield url
    migrate.downgrade("base", url)


def _tables(url: str) -> set[str]:
    return set(inspect(catalog_engine.engine_for(url)).get_table_names()) - {"alembic_version"}


def test_upgrade_check_downgrade_upgrade(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    assert _tables(empty_url) == set(Base.metadata.tables)
    migrate.check(empty_url)
    assert migrate.current_revision(empty_url) == migrate.head_revision()
    migrate.downgrade("base", empty_url)
    assert _tables(empty_url) == set()
    migrate.upgrade(empty_url)
    migrate.check(empty_url)


def test_datasets_from_before_the_data_contract_count_as_valid(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade("0007", empty_url)
    with catalog_engine.engine_for(empty_url).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO datasets (workload, sha256, path, rows, bytes, parameters, created_by, created_at) "
            "VALUES ('linear', 'a', 'linear/a.parquet', 5, 9, '{}', 'ada', '2026-11-01 10:00:00')"
        )
    migrate.upgrade(empty_url)
    migrate.check(empty_url)
    with catalog_engine.engine_for(empty_url).connect() as connection:
        (row,) = connection.execute(select(Dataset.status, Dataset.findings, Dataset.accepted_by)).tuples()
    assert row == (datasets.VALID, [], None)


def test_only_one_pin_of_a_workload_may_be_open(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    insert = (
        "INSERT INTO pins (workload, version, reason, until, by, created_at, ended_at) "
        "VALUES ('linear', 1, 'r', '2026-12-01 10:00:00', 'ada', '2026-11-01 10:00:00', {})"
    )
    with catalog_engine.engine_for(empty_url).begin() as connection:
        for ended_at in ("'2026-11-02 10:00:00'", "'2026-11-03 10:00:00'", "NULL"):
            connection.exec_driver_sql(insert.format(ended_at))
    with pytest.raises(IntegrityError), catalog_engine.engine_for(empty_url).begin() as connection:
        connection.exec_driver_sql(insert.format("NULL"))
    migrate.downgrade("0009", empty_url)
    assert "pins" not in _tables(empty_url)
    migrate.upgrade(empty_url)
    migrate.check(empty_url)


def test_check_notices_a_table_that_no_migration_makes(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'fresh.db').as_posix()}"
    migrate.upgrade(url)
    with catalog_engine.engine_for(url).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE jobs ADD COLUMN surprise TEXT")
    with pytest.raises(Exception, match="New upgrade operations detected"):
        migrate.check(url)


def test_the_product_works_on_either_engine(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", empty_url)
    get_settings.cache_clear()
    migrate.upgrade()
    dataset = make_dataset()
    job = jobs._claim(jobs.CHECK, "linear", {"forced": True}, "ann")
    with pytest.raises(jobs.JobBusyError):
        jobs._claim(jobs.CHECK, "linear", {}, "bob")
    jobs.report(job.id, 0.5, say("training.fitted"))
    assert jobs.finish(job.id, jobs.COMPLETED, say("job.done"), {"decision": "kept"})
    decisions.failed("linear", say("job.lost"), "run-1")
    assert datasets.latest("linear").sha256 == dataset.sha256
    assert decisions.latest("linear")[0].kind == decisions.FAILED
    ended = jobs.get(job.id)
    assert ended is not None and ended.result == {"decision": "kept"} and ended.concurrency_key is None
    assert ended.finished_at is not None and ended.finished_at.tzinfo is UTC
    catalog_engine.get_engine().dispose()


def test_times_come_back_as_aware_utc() -> None:
    paris = timezone(timedelta(hours=2))
    with writing() as session:
        session.add(AuditEvent(actor="a", action="x.y", at=datetime(2026, 7, 1, 14, 0, tzinfo=paris)))
    with reading() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert event.at == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    with pytest.raises(StatementError, match="naive"), writing() as session:
        session.add(AuditEvent(actor="a", action="x.y", at=datetime(2026, 7, 1)))


def test_a_failing_block_writes_nothing() -> None:
    with pytest.raises(ZeroDivisionError), writing() as session:
        session.add(AuditEvent(actor="a", action="x.y"))
        session.flush()
        raise ZeroDivisionError
    with reading() as session:
        assert session.scalars(select(AuditEvent)).all() == []


def test_a_locked_catalog_is_explained(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_engine, "_BUSY_TIMEOUT_MS", 50)
    holder = sqlite3.connect(settings.data_dir / "catalog.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(CatalogUnavailableError, match="locked by another process"), writing() as session:
            session.add(AuditEvent(actor="a", action="x.y"))
        with reading() as session:  # WAL: readers go on
            assert session.scalars(select(AuditEvent)).all() == []
    finally:
        holder.close()


def test_a_catalog_without_tables_names_the_command(settings: Settings) -> None:
    (settings.data_dir / "catalog.db").unlink()
    with pytest.raises(CatalogUnavailableError, match=r"manage\.py migrate"), reading() as session:
        session.scalars(select(Decision)).all()


def test_concurrent_writers_lose_nothing() -> None:
    def write(name: str) -> None:
        for _ in range(25):
            with writing() as session:
                session.add(AuditEvent(actor=name, action="x.y"))

    threads = [threading.Thread(target=write, args=(f"writer-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        assert len(session.scalars(select(AuditEvent)).all()) == 100


def test_the_slot_is_what_refuses_the_second_click() -> None:
    with pytest.raises(IntegrityError), writing() as session:
        session.add_all(Job(id=str(n), kind="k", concurrency_key="same", created_by="a") for n in range(2))
