"""Runs side by side, in numbers and in pictures."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.models.run_compare import interval, is_bound, labels, rows
from core.models.runs import Run
from core.ui.runs.run_charts import curves, metric_dots, parallel


def run(number: int, metrics: dict[str, float], parameters: dict[str, str] | None = None, **more: Any) -> Run:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    given: dict[str, Any] = {"name": "dataset-1", "versions": (), "aliases": (), "status": "FINISHED"}
    values = {"workload": "linear", "experiment_id": "1", "seconds": 1.0, "dataset_id": 1, "flow_run_id": ""}
    return Run(
        id=f"{number}" * 32, started=started, metrics=metrics, parameters=parameters or {}, **(given | values | more)
    )


A = run(1, {"accuracy": 0.9, "accuracy_low": 0.88, "accuracy_high": 0.92}, {"C": "1.0", "angle": "45"}, versions=(1,))
B = run(2, {"accuracy": 0.8, "loss": 0.3}, {"C": "1.0", "angle": "70", "note": "x"}, versions=(2,))
C = run(3, {"accuracy": 0.7}, {"C": "1.0", "angle": "90"}, versions=(3,))


def test_metrics_come_first_and_differences_before_what_is_equal() -> None:
    found = rows([A, B])
    assert [(row.kind, row.name, row.differs) for row in found] == [
        ("metric", "accuracy", True),
        ("metric", "loss", True),
        ("parameter", "angle", True),
        ("parameter", "note", True),
        ("parameter", "C", False),
    ]
    assert found[1].values == (None, 0.3)


def test_nothing_in_common_and_nothing_at_all() -> None:
    assert rows([]) == []
    assert rows([run(1, {}), run(2, {})]) == []


def test_ends_of_intervals_belong_to_their_metric() -> None:
    assert interval(A.metrics, "accuracy") == (0.88, 0.92)
    assert interval(B.metrics, "accuracy") is None
    assert is_bound("accuracy_low", A.metrics)
    assert not is_bound("very_low", ["accuracy"])


def test_runs_are_called_by_version_and_told_apart() -> None:
    assert labels([A, B]) == ["v1 · dataset-1", "v2 · dataset-1"]
    twins = [run(1, {}, versions=(1,)), run(2, {}, versions=(1,))]
    assert len(set(labels(twins))) == 2
    assert labels([run(4, {})]) == ["dataset-1 · 444444"]


def test_a_dot_for_each_run_that_has_the_metric() -> None:
    drawn = metric_dots([A, B], "accuracy")
    assert [trace.x[0] for trace in drawn.data] == [0.9, 0.8]
    assert drawn.data[0].error_x.array[0] == pytest.approx(0.02)
    assert drawn.data[1].error_x.array is None
    assert len(metric_dots([A, B], "loss").data) == 1


def test_parallel_axes_are_the_numbers_that_differ_and_the_shared_metrics() -> None:
    drawn = parallel([A, B, C])
    assert drawn is not None
    assert [axis.label for axis in drawn.data[0].dimensions] == ["angle", "accuracy"]
    assert parallel([run(1, {"accuracy": 0.5}), run(2, {"accuracy": 0.6})]) is None


def test_curves_draw_one_line_for_each_metric() -> None:
    drawn = curves({"loss": [(0, 1.0), (1, 0.5)], "map50": [(0, 0.1), (1, 0.4)]})
    assert [trace.name for trace in drawn.data] == ["loss", "map50"]
    assert list(drawn.data[0].y) == [1.0, 0.5]
