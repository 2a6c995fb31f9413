"""What to capture next is said by class, the most wanted first."""

from __future__ import annotations

import pytest

from core.ui.train.power import to_capture


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"rock": 8}, "about 8 of rock and label"),
        ({"paper": 8, "rock": 0, "scissors": 1_240}, "about 1,240 of scissors and 8 of paper and label"),
        ({"a": 1, "b": 2, "c": 3}, "about 3 of c, 2 of b and 1 of a and label"),
    ],
)
def test_classes_are_listed(wanted: dict[str, int], said: str) -> None:
    assert said in to_capture(wanted)


def test_nothing_wanted_is_nothing_said() -> None:
    assert to_capture({"rock": 0}) == to_capture({}) == ""
