"""Decisions become markers in the order of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.catalog.tables import Decision
from core.decisions import FAILED, KEPT, PROMOTED, REJECTED, ROLLED_BACK
from core.ui.timeline import DRIFT, figure, path

START = datetime(2026, 1, 1, tzinfo=UTC)


def decision(number: int, kind: str, metric: float | None, champion: float | None = None, **more: Any) -> Decision:
    details = {"champion": {"value": champion} if champion is not None else None}
    given = {"workload": "linear", "reason": "because <b>", "drift": False, "details": details} | more
    return Decision(id=number, kind=kind, metric=metric, at=START + timedelta(minutes=number), **given)


def test_a_drifted_promotion_dips_and_recovers() -> None:
    marks = path([decision(2, PROMOTED, 0.94, 0.61, drift=True), decision(1, PROMOTED, 0.93)])
    assert [(mark.kind, mark.value) for mark in marks] == [
        (PROMOTED, 0.93),
        (DRIFT, 0.61),
        (PROMOTED, 0.94),
    ]


def test_an_undrifted_promotion_also_shows_what_the_old_champion_reached() -> None:
    marks = path([decision(1, PROMOTED, 0.94, 0.80)])
    assert [(mark.kind, mark.value) for mark in marks] == [(KEPT, 0.80), (PROMOTED, 0.94)]


def test_a_rejection_stands_at_the_champions_figure_for_the_champion_stays() -> None:
    assert path([decision(1, REJECTED, 0.70, 0.90)])[0].value == 0.90


def test_what_was_not_measured_stands_at_the_last_figure() -> None:
    unmeasured = [decision(2, FAILED, None, details={}), decision(3, ROLLED_BACK, None, details={})]
    assert [mark.value for mark in path([decision(1, KEPT, 0.9), *unmeasured])] == [0.9, 0.9, 0.9]
    assert path(unmeasured) == []


def test_the_figure_has_one_trace_per_kind_and_escapes_reasons() -> None:
    drawn = figure([decision(1, KEPT, 0.9, 0.9), decision(2, PROMOTED, 0.95, 0.8)], 0.85, "accuracy")
    assert [trace.name for trace in drawn.data] == [None, "kept", "promoted"]
    assert "&lt;b&gt;" in drawn.data[1].text[0]
    assert drawn.layout.shapes[0].y0 == 0.85


def test_nothing_decided_gives_an_empty_figure() -> None:
    assert len(figure([], 0.85, "accuracy").data) == 1
