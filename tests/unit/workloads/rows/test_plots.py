"""The figures that go to MLflow show what they say."""

import numpy as np

from core.workloads.rows.plots import calibration_figure, confusion_figure, residual_figure


def test_a_confusion_matrix_names_its_classes_and_counts() -> None:
    (axes,) = confusion_figure([[5, 1, 0], [2, 7, 0], [0, 3, 1200]], ["a", "b", "c"]).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in axes.texts][-2:] == ["3", "1,200"]


def test_a_reliability_diagram_draws_each_bin_where_it_is() -> None:
    diagram = [{"low": 0.5, "high": 0.6, "rows": 3, "confidence": 0.55, "accuracy": 0.4}]
    (axes,) = calibration_figure(diagram, 0.15).axes
    (bar,) = axes.patches
    assert (bar.get_x(), round(bar.get_width(), 6), bar.get_height()) == (0.5, 0.1, 0.4)
    assert axes.get_title() == "Calibration, expected error 0.150"


def test_residuals_are_predicted_minus_true() -> None:
    scatter, errors = residual_figure(np.array([1.0, 2.0]), np.array([2.0, 2.0]), "g").axes
    assert scatter.get_xlabel() == "true (g)"
    assert sum(bar.get_height() for bar in errors.patches) == 2
    assert max(bar.get_x() + bar.get_width() for bar in errors.patches if bar.get_height()) == 1.0
