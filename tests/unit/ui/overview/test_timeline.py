"""Decisions become markers in the order of time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.catalog.tables import Decision
from core.config.messages import text
from core.loop.decisions import FAILED, KEPT, PENDING, PROMOTED, REJECTED, ROLLED_BACK
from core.reporting.timeline import DIP, DRIFT, path
from core.ui.overview.timeline import figure, thinned

START = datetime(2026, 1, 1, tzinfo=UTC)


THRESHOLD = 0.85


def decision(number: int, kind: str, metric: float | None, champion: float | None = None, **more: Any) -> Decision:
    details = {
        "champion": {"value": champion, "ci": [champion - 0.02, champion + 0.02]} if champion is not None else None,
        "challenger": {"value": metric, "ci": [0.0, 1.0]} if kind in (PROMOTED, REJECTED) else None,
    }
    given = {"workload": "linear", "reason": (text("because <b>"),), "drift": False, "details": details} | more
    return Decision(id=number, kind=kind, metric=metric, at=START + timedelta(minutes=number), **given)


def test_a_drifted_promotion_dips_and_recovers() -> None:
    marks = path([decision(2, PROMOTED, 0.94, 0.61, drift=True), decision(1, PROMOTED, 0.93)], THRESHOLD)
    assert [(mark.kind, mark.value) for mark in marks] == [
        (PROMOTED, 0.93),
        (DRIFT, 0.61),
        (PROMOTED, 0.94),
    ]


def test_a_challenger_that_waits_stands_at_the_champions_figure() -> None:
    waits = decision(1, PENDING, None, 0.61, drift=True)
    waits.details["challenger"] = {"training_s": 1.0}  # it was measured on nothing
    marks = path([waits], THRESHOLD)
    assert [(mark.kind, mark.value) for mark in marks] == [(DRIFT, 0.61), (PENDING, 0.61)]
    assert "challenger waits" in marks[-1].text


def test_a_rollback_by_the_loop_falls_and_recovers() -> None:
    back = decision(1, ROLLED_BACK, 0.92, 0.55)
    back.details["challenger"] = {"value": 0.92, "ci": [0.9, 0.94]}
    assert [(mark.kind, mark.value) for mark in path([back], THRESHOLD)] == [(DIP, 0.55), (ROLLED_BACK, 0.92)]


def test_an_undrifted_promotion_also_shows_what_the_old_champion_reached() -> None:
    for old, shown in ((0.80, DIP), (0.90, KEPT)):
        marks = path([decision(1, PROMOTED, 0.94, old)], THRESHOLD)
        assert [(mark.kind, mark.value) for mark in marks] == [(shown, old), (PROMOTED, 0.94)]


def test_a_rejection_stands_at_the_champions_figure_for_the_champion_stays() -> None:
    assert path([decision(1, REJECTED, 0.70, 0.90)], THRESHOLD)[0].value == 0.90


def test_what_was_not_measured_stands_at_the_last_figure() -> None:
    unmeasured = [decision(2, FAILED, None, details={}), decision(3, ROLLED_BACK, None, details={})]
    assert [mark.value for mark in path([decision(1, KEPT, 0.9), *unmeasured], THRESHOLD)] == [0.9, 0.9, 0.9]


def test_a_change_by_hand_stands_at_the_last_figure_of_the_version_that_serves() -> None:
    found = [
        decision(1, KEPT, 0.93, 0.93, champion_version=1),
        decision(2, PROMOTED, 0.95, 0.91, champion_version=1, challenger_version=2),
        decision(3, KEPT, 0.60, 0.60, champion_version=2),
        decision(4, ROLLED_BACK, None, details={}, champion_version=2, challenger_version=1),
        decision(5, PROMOTED, None, details={}, champion_version=1, challenger_version=3),
    ]
    marks = path(found, THRESHOLD)
    assert [(mark.kind, mark.value, mark.low) for mark in marks[-2:]] == [
        (ROLLED_BACK, 0.91, 0.89),
        (PROMOTED, 0.91, None),
    ]
    assert [mark.decision for mark in marks[-2:]] == [4, 5]


def test_the_line_steps_from_value_to_value() -> None:
    drawn = figure([decision(0, KEPT, 0.9, 0.9), decision(1, KEPT, 0.88, 0.88)], THRESHOLD, "accuracy")
    *band, line = [trace for trace in drawn.data if trace.line.shape == "hv"]
    assert list(line.y) == [0.9, 0.88]
    assert len(band) == 2, "and so does its interval"


def test_a_failure_before_anything_was_measured_stands_on_the_threshold() -> None:
    (mark,) = path([decision(2, FAILED, None, details={})], THRESHOLD)
    assert (mark.kind, mark.value) == (FAILED, THRESHOLD)


def test_a_crowd_is_thinned_where_nothing_changes() -> None:
    quiet = [decision(number, KEPT, 0.9, 0.9) for number in range(600)]
    loud = [decision(600, PROMOTED, 0.95, 0.7, drift=True), decision(601, KEPT, 0.95, 0.95)]
    marks = path(quiet + loud, THRESHOLD)
    assert len(marks) == 603
    kept = thinned(marks)
    assert [mark.kind for mark in kept] == [KEPT, KEPT, DRIFT, PROMOTED, KEPT]
    assert kept[0].at == marks[0].at
    assert kept[1].at == marks[599].at
    assert thinned(marks[:100]) == marks[:100]


def test_the_picture_speaks_the_readers_time() -> None:
    drawn = figure([decision(0, KEPT, 0.9, 0.9)], THRESHOLD, "accuracy", ZoneInfo("Asia/Tokyo"))
    assert drawn.data[-1].x[0].hour == 9
    start, end = drawn.layout.xaxis.range
    assert (end - start) == timedelta(hours=1)


def test_intervals_are_drawn_behind_the_line() -> None:
    drawn = figure([decision(0, KEPT, 0.9, 0.9), decision(1, KEPT, 0.92, 0.92)], THRESHOLD, "accuracy")
    low, high = drawn.data[0], drawn.data[1]
    assert list(low.y) == pytest.approx([0.88, 0.90])
    assert list(high.y) == pytest.approx([0.92, 0.94])
    assert high.fill == "tonexty"


def test_the_figure_has_one_trace_per_kind_and_escapes_reasons() -> None:
    drawn = figure([decision(1, KEPT, 0.9, 0.9), decision(2, PROMOTED, 0.95, 0.8)], 0.85, "accuracy")
    named = [trace for trace in drawn.data if trace.name]
    assert [trace.name for trace in named] == ["kept", "promoted", "below threshold"]
    assert "&lt;b&gt;" in named[0].text[0]
    [line] = drawn.layout.shapes
    assert (line.y0, line.name, line.showlegend) == (0.85, "threshold 0.85", True)
    assert not drawn.layout.annotations, "a text in the picture stands in the way of a marker"


def test_nothing_decided_gives_an_empty_figure() -> None:
    assert len(figure([], 0.85, "accuracy").data) == 1
