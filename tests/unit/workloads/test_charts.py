"""Content of the shared figures."""

import pytest

from core.workloads.charts import BLUE, Interval, calibration, class_bars, colour_of, confusion, intervals, split_bars


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


def test_class_bars_are_as_long_as_the_class_is_probable() -> None:
    bars = class_bars(["a", "b", "c"], [0.7, 0.2, 0.1]).data[0]
    assert (list(bars.x), list(bars.y)) == ([0.7, 0.2, 0.1], ["a", "b", "c"])
    assert list(bars.text) == ["70.0 %", "20.0 %", "10.0 %"]
    assert len(set(bars.marker.color)) == 3


def test_colours_begin_anew_after_six_classes() -> None:
    assert colour_of(6) == colour_of(0) == BLUE


def test_a_calibration_curve_lies_beside_the_diagonal() -> None:
    figure = calibration({"champion v1": [(0.6, 0.5), (0.9, 0.95)]})
    assert [trace.name for trace in figure.data] == ["calibrated", "champion v1"]
    assert list(figure.data[1].y) == [0.5, 0.95]
