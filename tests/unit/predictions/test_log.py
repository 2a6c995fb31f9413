"""The log of predictions: bounded, in the background, and never in a request's way."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.catalog import engine as catalog_engine
from core.catalog import migrate
from core.catalog.engine import reading, writing
from core.catalog.tables import PredictionBatch
from core.config.settings import Settings, get_settings
from core.predictions.entries import SAMPLE_ROWS, TOGETHER, LogEntry, condensed, summarise
from core.predictions.log import PredictionLog
from tests.postgres import postgres_cluster, server_programs
from tests.waiting import wait_until


def _entry(version: int = 1) -> LogEntry:
    return summarise("linear", version, "tests", [(0.5, -1.0)], np.array([[0.25, 0.75]]))


def _versions() -> list[int]:
    with reading() as session:
        return list(session.scalars(select(PredictionBatch.version).order_by(PredictionBatch.id)))


@pytest.fixture
def log() -> Iterator[PredictionLog]:
    made = PredictionLog(capacity=10, interval_s=0.05)
    yield made
    if made._thread.is_alive():
        made.stop()


def test_a_summary_tells_shares_and_keeps_a_sample() -> None:
    features = [(float(n), -float(n)) for n in range(8)]
    probabilities = np.array([0.1, 0.2, 0.5, 0.6, 0.9, 0.9, 1.0, 0.0])
    entry = summarise("linear", 3, "api", features, np.column_stack([1 - probabilities, probabilities]))
    assert (entry.workload, entry.version, entry.source, entry.rows) == ("linear", 3, "api", 8)
    assert entry.positive_share == 0.5
    assert entry.mean_confidence == pytest.approx((0.9 + 0.8 + 0.5 + 0.6 + 0.9 + 0.9 + 1.0 + 1.0) / 8)
    assert entry.sample == [[n, -n, p] for n, p in zip(range(SAMPLE_ROWS), probabilities, strict=False)]


def test_of_more_classes_every_probability_is_kept() -> None:
    probabilities = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.9, 0.05, 0.05]])
    entry = summarise("many", 1, "api", [(1.0,), (2.0,), (3.0,), (4.0,)], probabilities)
    assert entry.positive_share == 0.5
    assert entry.mean_confidence == pytest.approx((0.7 + 0.6 + 0.5 + 0.9) / 4)
    assert entry.sample[0] == [1.0, 0.1, 0.2, 0.7]


def test_of_predicted_numbers_only_the_sample_is_kept() -> None:
    entry = summarise("numbers", 1, "api", [(1.0,), (2.0,)], np.array([3.5, -4.0]))
    assert (entry.positive_share, entry.mean_confidence) == (0.0, 0.0)
    assert entry.sample == [[1.0, 3.5], [2.0, -4.0]]


def test_entries_reach_the_catalog_by_themselves(log: PredictionLog) -> None:
    log.start()
    log.add(_entry(7))
    wait_until(lambda: log.written == 1, timeout=10)
    with reading() as session:
        row = session.scalars(select(PredictionBatch)).one()
    assert (row.version, row.rows, row.source, row.sample) == (7, 1, "tests", [[0.5, -1.0, 0.75]])
    assert log.queued == log.dropped == 0


def test_a_row_as_it_was_answered_is_summarised_by_the_writer() -> None:
    """As :func:`summarise` would, each at its own time, in the order of the answers."""
    rows = [(0.5, -1.0), (1.5, 2.0), (0.0, 0.0)]
    answers = [[0.25, 0.75], [0.9, 0.1], [0.5, 0.5]]
    log = PredictionLog()
    for second, (row, told) in enumerate(zip(rows, answers, strict=True)):
        log.add((1_800_000_000.25 + second, "linear", 1 + second // 2, "api", row, told))
    log.add(_entry(9))
    log.add((1_800_000_009.000001, "many", 2, "api", (4.0,), [0.1, 0.2, 0.7]))
    log.start()
    log.stop(timeout_s=20)
    with reading() as session:
        *written, ready, last = session.scalars(select(PredictionBatch).order_by(PredictionBatch.id))
    for second, batch in enumerate(written):
        expected = summarise("linear", 1 + second // 2, "api", [rows[second]], np.array([answers[second]]))
        assert batch.at == datetime(2027, 1, 15, 8, 0, second, 250_000, UTC)
        assert all(getattr(batch, name) == getattr(expected, name) for name in LogEntry._fields[1:])
    assert (ready.version, ready.source) == (9, "tests")
    assert (last.at.microsecond, last.workload, last.rows, last.positive_share) == (1, "many", 1, 1.0)
    assert (last.mean_confidence, last.sample) == (0.7, [[4.0, 0.1, 0.2, 0.7]])


def _asked(count: int, version: int = 1) -> list[tuple[float, str, int, str, tuple[float, float], list[float]]]:
    """Requests with one row each, the third of every four of class 1."""
    likely = [0.75 if n % 4 == 2 else 0.25 for n in range(count)]
    return [(1_800_000_000.0 + n, "linear", version, "api", (float(n), -1.0), [1 - p, p]) for n, p in enumerate(likely)]


def test_as_many_requests_as_make_one_entry_stay_apart() -> None:
    assert condensed(_asked(TOGETHER)) == _asked(TOGETHER)


def test_a_flood_of_requests_is_written_together_and_counted_whole() -> None:
    log = PredictionLog(interval_s=3600)
    for asked in (*_asked(TOGETHER + 20, version=1), _entry(9), *_asked(3, version=2)):
        log.add(asked)
    log.start()
    log.stop(timeout_s=20)
    with reading() as session:
        first, second, ready, last = session.scalars(select(PredictionBatch).order_by(PredictionBatch.id))
    assert [(one.version, one.rows) for one in (first, second, ready, last)] == [(1, 100), (1, 20), (9, 1), (2, 3)]
    assert (first.positive_share, second.positive_share) == (0.25, 0.25)
    assert last.positive_share == pytest.approx(1 / 3)
    assert first.mean_confidence == last.mean_confidence == pytest.approx(0.75)
    assert first.at == datetime(2027, 1, 15, 8, 0, 0, 0, UTC) and second.at == datetime(2027, 1, 15, 8, 1, 40, 0, UTC)
    assert first.sample == [[n, -1.0, 0.75 if n == 2 else 0.25] for n in range(SAMPLE_ROWS)]
    assert (log.written, log.queued) == (TOGETHER + 24, 0)


def test_overload_drops_the_oldest_and_counts() -> None:
    log = PredictionLog(capacity=3)
    for version in range(5):
        log.add(_entry(version))
    assert (log.queued, log.dropped) == (3, 2)
    log.start()
    log.stop()
    assert _versions() == [2, 3, 4]


def test_stopping_writes_what_is_queued() -> None:
    log = PredictionLog(interval_s=3600)
    log.start()
    for version in range(2_500):
        log.add(_entry(version))
    log.stop(timeout_s=20)
    assert _versions() == list(range(2_500))
    assert (log.written, log.queued) == (2_500, 0)


def test_a_half_full_queue_does_not_wait_for_the_interval() -> None:
    log = PredictionLog(capacity=10, interval_s=3600)
    log.start()
    for version in range(6):
        log.add(_entry(version))
    wait_until(lambda: log.written == 6, timeout=10)
    assert log.dropped == 0
    log.stop()


def test_a_catalog_without_the_table_is_waited_for(log: PredictionLog) -> None:
    with writing() as session:
        session.execute(text("ALTER TABLE predictions RENAME TO hidden"))
    log.start()
    for version in range(12):
        log.add(_entry(version))
    wait_until(lambda: log.problem, timeout=10)
    wait_until(lambda: (log.queued, log.dropped) == (10, 2), timeout=10)
    with writing() as session:
        session.execute(text("ALTER TABLE hidden RENAME TO predictions"))
    wait_until(lambda: log.written == 10, timeout=10)
    assert log.problem is None
    assert _versions() == list(range(2, 12))


def test_what_was_refused_comes_before_what_arrived_meanwhile(log: PredictionLog) -> None:
    for version in range(8):
        log.add(_entry(version))
    taken = log._take()
    for version in range(8, 13):
        log.add(_entry(version))
    log._put_back(taken)
    assert (log.queued, log.dropped) == (10, 3)
    log.start()
    log.stop()
    assert _versions() == list(range(3, 13))


def test_adding_does_not_wait_for_the_writer(log: PredictionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, went_on = threading.Event(), threading.Event(), threading.Event()

    @contextmanager
    def halted() -> Iterator[Session]:
        begun.set()
        go_on.wait(20)
        went_on.set()
        with writing() as session:
            yield session

    monkeypatch.setattr("core.predictions.log.writing", halted)
    log.start()
    log.add(_entry())
    assert begun.wait(20)
    for version in range(5):
        log.add(_entry(version))
    assert not went_on.is_set(), "adding waited until the writer was through"
    go_on.set()
    wait_until(lambda: log.written == 6)


def test_a_locked_catalog_fills_the_queue_and_no_more(
    log: PredictionLog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_engine, "_BUSY_TIMEOUT_MS", 200)
    catalog_engine.engine_for.cache_clear()
    with closing(sqlite3.connect(settings.data_dir / "catalog.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        log.start()
        log.add(_entry())
        wait_until(lambda: log.problem, timeout=10)
        for version in range(200):
            log.add(_entry(version))
        wait_until(lambda: log.queued == 10, what="the writer to put back what it had in hand beside a full queue")
        holder.execute("COMMIT")
    wait_until(lambda: log.queued == 0, timeout=10)
    assert log.written == 10
    assert log.dropped == 191


def test_many_threads_may_add() -> None:
    log = PredictionLog(capacity=500, interval_s=0.01)
    log.start()
    threads = [threading.Thread(target=lambda: [log.add(_entry()) for _ in range(400)]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop(timeout_s=20)
    assert log.written + log.dropped == 2_000
    assert len(_versions()) == log.written


def test_with_nothing_to_write_the_catalog_is_left_alone(settings: Settings) -> None:
    """Else a thread that idles makes an empty catalog where a restore is about to put one."""
    (settings.data_dir / "catalog.db").unlink()
    log = PredictionLog()
    log.start()
    log.stop()
    assert log.problem is None
    assert not (settings.data_dir / "catalog.db").exists()


def test_only_the_newest_rows_are_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.predictions.log._SWEEP_EVERY_S", 0.0)
    monkeypatch.setattr(settings, "prediction_log_keep", 100)
    log = PredictionLog()
    for version in range(250):
        log.add(_entry(version))
    log.start()
    log.stop(timeout_s=20)
    assert _versions() == list(range(150, 250))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(PredictionBatch)) == 100


@pytest.mark.postgres
def test_a_catalog_server_that_dies_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed")
    log = PredictionLog(capacity=10, interval_s=0.05)
    with postgres_cluster(programs) as url:
        monkeypatch.setenv("SHIFUMI_DATABASE_URL", url)
        get_settings.cache_clear()
        migrate.upgrade()
        log.start()
        log.add((1_800_000_000.25, "linear", 7, "tests", (0.5, -1.0), [0.25, 0.75]))
        wait_until(lambda: log.written == 1, timeout=10)
        with reading() as session:
            row = session.scalars(select(PredictionBatch)).one()
        assert (row.at, row.version, row.rows) == (datetime(2027, 1, 15, 8, 0, 0, 250_000, UTC), 7, 1)
        assert (row.positive_share, row.mean_confidence, row.sample) == (1.0, 0.75, [[0.5, -1.0, 0.75]])
    log.add(_entry(8))
    wait_until(lambda: log.problem, timeout=10)
    log.stop()
    assert (log.queued, log.written, log.dropped) == (1, 1, 0)
    catalog_engine.engine_for(url).dispose()
