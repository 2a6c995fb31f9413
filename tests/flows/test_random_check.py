"""The course's exercise: a coin under 0.5 is drift, which fails and is tried again."""

import random
from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE, temporary_settings

from core.jobs import prefect_api
from flows.random_check import RandomDriftError, check_random, periodic_check

pytestmark = pytest.mark.stack


@pytest.fixture
def orchestrated(prefect: str) -> Iterator[None]:
    """Flows called in this process report to the test's server."""
    with temporary_settings({PREFECT_API_URL: prefect, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: False}):
        yield


def tosses(monkeypatch: pytest.MonkeyPatch, *values: float) -> list[float]:
    """Make the coin fall as given; what is left in the list was not drawn."""
    left = list(values)
    monkeypatch.setattr(random, "random", lambda: left.pop(0))
    return left


def newest_run() -> prefect_api.FlowRun:
    return prefect_api.runs(limit=1, sort="START_TIME_DESC")[0]


def test_half_and_above_is_ok(orchestrated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tosses(monkeypatch, 0.5)
    assert periodic_check() == "ok"
    assert left == []
    assert newest_run().state_type == "COMPLETED"


def test_drift_is_tried_again_and_recovers(orchestrated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_random, "retry_delay_seconds", 0)
    left = tosses(monkeypatch, 0.1, 0.49, 0.9)
    assert periodic_check() == "ok"
    assert left == []


def test_drift_three_times_fails_the_run(orchestrated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_random, "retry_delay_seconds", 0)
    left = tosses(monkeypatch, 0.1, 0.2, 0.3, 0.9)
    with pytest.raises(RandomDriftError, match=r"drew 0\.30"):
        periodic_check()
    assert left == [0.9]
    run = newest_run()
    assert run.state_type == "FAILED"
    assert "drift" in run.state_message
