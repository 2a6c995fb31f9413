"""How answers for many rows are told: in whole arrays, and the same as row by row."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.api.predict_rows import BinaryRowsRoute, RowsRoute
from core.predictions.entries import row_summary, summarise

# Few different values, so that classes are often equally likely.
EVEN = st.sampled_from([0.0, 0.25, 0.5, 0.5 + 2**-53, 0.75, 1.0])


def chances(classes: int) -> st.SearchStrategy[Any]:
    return st.integers(1, 30).flatmap(lambda rows: arrays(np.float64, (rows, classes), elements=EVEN))


def model(classes: int) -> Any:
    known = tuple("abcdefg"[:classes])
    return SimpleNamespace(origin=("m", 1, 2), served=SimpleNamespace(predictor=SimpleNamespace(classes=known)))


@given(chances(2))
def test_of_two_classes_the_second_is_told_above_a_half(answers: Any) -> None:
    told: Any = object.__new__(BinaryRowsRoute)._told(model(2), answers)
    assert told.probabilities == [row[1] for row in answers.tolist()]
    assert told.classes == [1 if row[1] > 0.5 else 0 for row in answers.tolist()]
    assert all(type(label) is int for label in told.classes)


@given(st.integers(2, 5).flatmap(chances))
def test_of_equally_likely_classes_the_first_is_told(answers: Any) -> None:
    route = object.__new__(RowsRoute)
    route._regression = False
    told: Any = route._told(model(answers.shape[1]), answers)
    assert told.classes == ["abcdefg"[row.index(max(row))] for row in answers.tolist()]
    assert told.probabilities == answers.tolist()


@given(st.integers(2, 5).flatmap(chances))
def test_the_log_sums_up_the_rows(answers: Any) -> None:
    rows = [(float(number),) for number in range(len(answers))]
    entry = summarise("linear", 1, "tests", rows, answers)
    each = [row_summary(row, told) for row, told in zip(rows, answers.tolist(), strict=True)]
    assert np.allclose((entry.positive_share, entry.mean_confidence), np.mean([one[:2] for one in each], axis=0))
