"""Content of the shared figures."""

import pytest

from core.workloads.charts import Interval, confusion, intervals, split_bars


def test_intervals_keep_their_two_sides() -> None:
    figure = intervals([Interval("champion v1", 0.8, 0.7, 0.85), Interval("challenger v2", 0.9, 0.88, 0.95)], 0.85)
    error = figure.data[0].error_x
    assert error.array[0] == pytest.approx(0.05)
    assert error.arrayminus[0] == pytest.approx(0.1)
    assert [trace.y[0] for trace in figure.data] == ["champion v1", "challenger v2"]
    assert figure.layout.shapes[0].x0 == 0.85


def test_confusion_shades_by_row_and_survives_an_empty_class() -> None:
    figure = confusion([[30, 10], [0, 0]])
    assert figure.data[0].z.tolist() == [[0.75, 0.25], [0.0, 0.0]]
    assert figure.layout.annotations[0].text == "<b>30</b><br>75.0%"


def test_split_bars_stack_classes() -> None:
    figure = split_bars({"training": (70, 10), "holdout": (15, 5)})
    assert [list(trace.x) for trace in figure.data] == [[70, 15], [10, 5]]
    assert figure.layout.barmode == "stack"
