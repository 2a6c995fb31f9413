"""How flows are spoken of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.jobs.flow_control import Deployment
from core.jobs.prefect_api import FlowRun
from core.ui.flows.deployment_cards import timing
from core.ui.flows.flow_runs import facts
from core.ui.flows.state_labels import STATES, badge, span, started_by

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEPLOYMENT = Deployment("1", "check", "linear", "", False, True, timedelta(minutes=5), "")
RUN = FlowRun("1", "calm-otter", "f", "d", "COMPLETED", "Completed", "", NOW, {}, (), 1, False, NOW, NOW, NOW, 2.5)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (-3, "0 s"), (30.2, "30 s"), (300, "5 min"), (90, "1 min 30 s"), (3600, "1 h"), (8100, "2 h 15 min")],
)
def test_spans_are_whole_numbers(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_timing_tells_how_often_and_when_next() -> None:
    assert timing(DEPLOYMENT, NOW + timedelta(seconds=42), NOW) == "every 5 min, next in 42 s"
    assert timing(DEPLOYMENT, NOW - timedelta(seconds=1), NOW) == "every 5 min, due now"
    assert timing(DEPLOYMENT, None, NOW) == "every 5 min; next run not scheduled yet"
    assert timing(replace(DEPLOYMENT, paused=True), None, NOW) == "every 5 min, once resumed"
    assert timing(replace(DEPLOYMENT, every=None), None, NOW) == ""
    assert timing(replace(DEPLOYMENT, every=None, other_schedule="0 3 * * *"), NOW, NOW) == "0 3 * * *, due now"


def test_badges_tell_states_apart_and_show_unknown_ones() -> None:
    assert badge("FAILED", "Failed").startswith(":red-badge")
    assert badge("SCHEDULED", "Late").startswith(":orange-badge")
    assert "awaiting retry" in badge("SCHEDULED", "AwaitingRetry")
    assert "strange" in badge("NEW", "Strange")


def test_every_state_of_prefect_can_be_chosen() -> None:
    chosen = {state for states in STATES.values() for state in states or ()}
    assert chosen == {
        "SCHEDULED",
        "PENDING",
        "RUNNING",
        "CANCELLING",
        "PAUSED",
        "COMPLETED",
        "FAILED",
        "CRASHED",
        "CANCELLED",
    }


def test_who_started_it() -> None:
    assert started_by(replace(RUN, auto_scheduled=True), "bob") == "by schedule"
    assert started_by(RUN, "bob") == "by bob"
    assert started_by(RUN, "schedule") == "manually"
    assert started_by(RUN) == "manually"


def test_a_line_about_a_run() -> None:
    assert facts(RUN, "a/b").startswith("a/b · ")
    assert facts(RUN, "a/b").endswith("manually · 2.5 s")
    assert facts(replace(RUN, run_count=3), "a/b").endswith("3 attempts")
    assert "2.5 s" not in facts(replace(RUN, state_type="RUNNING"), "a/b")
