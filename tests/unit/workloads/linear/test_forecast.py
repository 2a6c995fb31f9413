"""What data yet to be made will mean for the champion, in words."""

import pytest

from core.workloads.linear.forecast import forecast
from core.workloads.linear.preview import ExpectedCheck


@pytest.mark.parametrize(
    ("differ", "seen", "best", "kind", "words"),
    [
        ([], ExpectedCheck(0.93, 0.85, ()), 0.94, "same", "The same kind of data that champion v3 was trained on."),
        (
            ["noise 0.3 instead of 0.2"],
            ExpectedCheck(0.9, 0.85, ()),
            0.91,
            "near",
            "champion v3: noise 0.3 instead of 0.2.",
        ),
        (
            ["turned"],
            ExpectedCheck(0.6, 0.85, ()),
            0.94,
            "far",
            "Expected accuracy: about 0.60; the threshold is 0.85.",
        ),
        (
            ["turned"],
            ExpectedCheck(0.9, 0.85, ("x1", "x2")),
            0.94,
            "far",
            "champion v3**: turned. x1 and x2 would count as drifted.",
        ),
        ([], ExpectedCheck(0.6, 0.85, ()), 0.7, "hopeless", "0.700 at best, the threshold is 0.85."),
    ],
)
def test_the_prospect(differ: list[str], seen: ExpectedCheck, best: float, kind: str, words: str) -> None:
    told = forecast(3, differ, seen, best)
    assert told.kind == kind
    assert words in told.text
    assert ("will retrain" in told.text) == (kind in {"far", "hopeless"})
