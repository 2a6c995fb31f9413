"""Geometry and content of the pictures of the plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workloads.charts import CLASS_COLOURS
from core.workloads.linear.plane_charts import Line, points, probability, segment

BOX = (-4.0, 4.0)
_weights = st.floats(-10, 10).filter(lambda value: abs(value) > 1e-3 or value == 0.0)


@given(_weights, _weights, st.floats(-10, 10))
def test_a_segment_lies_on_its_line_and_inside_the_box(w1: float, w2: float, bias: float) -> None:
    xs, ys = segment(Line("any", w1, w2, bias), BOX)
    scale = abs(w1) + abs(w2) + abs(bias)
    for x, y in zip(xs, ys, strict=True):
        assert abs(w1 * x + w2 * y + bias) <= 1e-9 * scale
        assert BOX[0] - 1e-9 <= x <= BOX[1] + 1e-9
        assert BOX[0] - 1e-9 <= y <= BOX[1] + 1e-9


@given(_weights, _weights)
def test_a_line_through_the_middle_is_always_seen(w1: float, w2: float) -> None:
    xs, _ = segment(Line("centre", w1, w2, 0.0), BOX)
    assert len(xs) == (0 if w1 == w2 == 0.0 else 2)


@pytest.mark.parametrize(("w1", "w2", "bias"), [(1.0, 0.0, 5.0), (0.0, 1.0, -5.0), (1.0, 1.0, 20.0)])
def test_a_line_outside_the_box_gives_nothing(w1: float, w2: float, bias: float) -> None:
    assert segment(Line("far", w1, w2, bias), BOX) == ([], [])


def test_points_are_split_by_class() -> None:
    columns = {"x1": np.array([0.0, 1.0, 2.0]), "x2": np.array([0.0, 0.5, 1.0]), "label": np.array([0, 1, 1])}
    figure = points(columns, [Line("true", 1.0, 0.0, 0.0)])
    assert [trace.name for trace in figure.data] == ["class 0", "class 1", "true"]
    assert list(figure.data[1].x) == [1.0, 2.0]
    assert list(figure.data[2].x) == [0.0, 0.0]


def test_the_chosen_point_wears_the_colour_of_its_class() -> None:
    def right_half(features: np.ndarray) -> np.ndarray:
        return (features[:, 0] > 0).astype(float)

    for x1, expected in ((-1.0, 0), (1.0, 1)):
        figure = probability(right_half, [], (x1, 0.0), BOX, steps=5)
        assert figure.data[-1].marker.color == CLASS_COLOURS[expected]
        assert figure.data[0].z.shape == (5, 5)
        assert figure.data[0].z[0, 0] == 0.0
        assert figure.data[0].z[0, -1] == 1.0
        assert figure.layout.meta == {"features": ["x1", "x2"]}
