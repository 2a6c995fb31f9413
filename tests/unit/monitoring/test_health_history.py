"""The health of the services over time: folded, bounded, honest about gaps, and never in the runner's way."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from core.catalog import engine as catalog_engine
from core.catalog.engine import reading, writing
from core.catalog.health_tables import HealthSample
from core.config.settings import Settings, get_settings
from core.monitoring import health_history, health_sampler
from core.monitoring.health import ComponentState
from core.monitoring.health_history import HealthInterval, History, Sample, histories, prune, record
from core.monitoring.health_sampler import Sampler
from tests.waiting import wait_until

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVERY = 30.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def seen(second: float, up: bool = True, name: str = "api", milliseconds: float = 4.0) -> Sample:
    return Sample(START + timedelta(seconds=second), name, up, "" if up else "refused", milliseconds)


def rows() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(HealthSample)) or 0


def api(since: datetime = LONG_AGO) -> History:
    return histories(since)["api"]


def test_a_day_without_a_change_is_one_row_and_every_change_begins_another(either_engine: str) -> None:
    for number in range(200):
        record([seen(number * EVERY), seen(number * EVERY, name="prefect", up=number < 100)], EVERY)
    assert rows() == 3
    found = histories(LONG_AGO)
    assert found["api"].uptime == 1.0
    assert found["api"].last_outage is None
    assert found["prefect"].uptime == pytest.approx(100 / 199)
    outage = found["prefect"].last_outage
    assert outage is not None and outage.detail == "refused"
    assert outage.since == START + timedelta(seconds=100 * EVERY)


def test_while_nobody_looked_is_a_gap_and_counts_for_nothing() -> None:
    record([seen(0), seen(30), seen(3600), seen(3630, up=False), seen(3660, up=False)], EVERY)
    first, second, down = api().stretches
    assert (first.seconds, second.seconds, down.seconds) == (30, 30, 30)
    assert second.since - first.until == timedelta(seconds=3570)
    assert api().uptime == pytest.approx(2 / 3)


def test_a_second_runner_adds_nothing_and_cannot_make_time_overlap() -> None:
    record([seen(0), seen(30), seen(31, up=False), seen(60)], EVERY)
    assert [one.up for one in api().stretches] == [True]
    with writing() as session:  # both looked in the same moment, and neither saw the other's row
        session.add(health_history._begun(seen(10, up=False)))
        session.flush()
        last = session.scalars(select(HealthSample).where(HealthSample.up.is_(False))).one()
        last.until = START + timedelta(seconds=90)
    found = api().stretches
    assert [(one.up, one.seconds) for one in found] == [(True, 60), (False, 30)]


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=40))
@rules(max_examples=25)
def test_whatever_is_sampled_stretches_are_in_order_and_never_overlap(steps: list[tuple[int, bool]]) -> None:
    with writing() as session:
        session.execute(delete(HealthSample))
    second, taken = 0, []
    for step, up in steps:
        second += step
        taken.append(seen(second, up))
    record(taken, EVERY)
    found = histories(LONG_AGO).get("api", History("api", ())).stretches
    assert all(one.seconds > 0 for one in found)
    assert all(one.until <= other.since for one, other in pairwise(found))
    assert sum(one.seconds for one in found) <= second


def test_the_time_to_answer_is_the_mean_while_it_was_up() -> None:
    record([seen(0, milliseconds=2), seen(30, milliseconds=4), seen(60, up=False, milliseconds=500)], EVERY)
    assert api().milliseconds == pytest.approx(3)
    assert History("api", (HealthInterval(START, START + timedelta(1), False, "", 9.0),)).milliseconds is None


def test_a_look_back_begins_where_it_is_asked_to_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    record([seen(number * EVERY) for number in range(11)], EVERY)
    assert api(START + timedelta(seconds=200)).stretches[0].since == START + timedelta(seconds=200)
    assert histories(START + timedelta(days=1)) == {}
    record([seen(1000 + number * EVERY, up=number % 2 == 0) for number in range(20)], EVERY)
    monkeypatch.setattr(health_history, "MAX_INTERVALS", 5)
    newest = api().stretches
    assert len(newest) <= 5
    assert newest[-1].until == START + timedelta(seconds=1000 + 19 * EVERY)


def test_what_is_older_than_the_days_to_keep_is_forgotten() -> None:
    record([seen(0), seen(30), seen(86_400), seen(86_430)], EVERY)
    prune(START + timedelta(seconds=100))
    assert rows() == 1


def test_nothing_observed_is_no_uptime() -> None:
    record([seen(0)], EVERY)
    assert histories(LONG_AGO)["api"].uptime is None
    record([], EVERY)
    assert rows() == 1


def look(state: str = "healthy", detail: str = "", name: str = "api") -> ComponentState:
    return ComponentState(name, name, state, detail=detail, milliseconds=1.0)  # type: ignore[arg-type]


def test_what_is_on_its_way_is_neither_up_nor_down() -> None:
    states = [
        look("starting"),
        look("unhealthy", "not created yet", "store"),
        look("restarting", "gone", "prefect"),
    ]
    [taken] = health_sampler.samples(states, START)
    assert (taken.name, taken.up, taken.detail) == ("prefect", False, "gone")


def test_a_secret_in_what_went_wrong_is_not_stored() -> None:
    [taken] = health_sampler.samples([look("unhealthy", "postgresql://me:hunter22@db/x is away")], START)
    assert "hunter22" not in taken.detail


def test_a_locked_catalog_costs_a_line_and_what_was_seen_is_written_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_engine, "_BUSY_TIMEOUT_MS", 20)
    now, sampler = datetime.now(UTC), Sampler(EVERY, lambda: [look()])
    holder = sqlite3.connect(settings.data_dir / "catalog.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        sampler.take(now)
        assert sampler.problem is not None and "locked" in sampler.problem
        sampler.take(now + timedelta(seconds=30))
    finally:
        holder.close()
    sampler.take(now + timedelta(seconds=60))
    assert sampler.problem is None
    assert [one.seconds for one in api().stretches] == [60]


def test_a_catalog_without_the_table_and_a_look_that_fails_do_not_end_the_runner() -> None:
    with writing() as session:
        HealthSample.__table__.drop(session.connection())  # type: ignore[attr-defined]
    sampler = Sampler(EVERY, lambda: [look()])
    sampler.take(START)
    assert sampler.problem is not None

    def broken() -> list[ComponentState]:
        raise ZeroDivisionError

    Sampler(EVERY, broken).take(START)


def test_old_rows_go_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_HEALTH_KEEP_DAYS", "1")
    get_settings.cache_clear()
    record([seen(0), seen(30)], EVERY)
    Sampler(EVERY, lambda: [look("unhealthy", "gone", "prefect")]).take()
    assert set(histories(LONG_AGO)) == {"prefect"}


def test_the_runners_thread_samples_until_it_is_told_to_stop_and_zero_means_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHIFUMI_HEALTH_INTERVAL_S", "0.05")
    get_settings.cache_clear()
    stop = threading.Event()
    thread = threading.Thread(target=health_sampler.run, args=(stop,), daemon=True)
    thread.start()
    wait_until(lambda: "catalog" in histories(LONG_AGO), what="two samples of the catalog")
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    monkeypatch.setenv("SHIFUMI_HEALTH_INTERVAL_S", "0")
    get_settings.cache_clear()
    health_sampler.run(stop)
