"""The power that is shown is the power that the test has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.loop.power import POWER, least_gain
from core.workloads.statistics import detectable_gain, mcnemar_exact


@pytest.mark.parametrize(("samples", "share"), [(400, 0.1), (2_000, 0.06), (10_000, 0.02)])
def test_a_gain_of_that_size_is_found_in_four_of_five_cases(samples: int, share: float) -> None:
    gain = detectable_gain(samples, round(share * samples), 0.05)
    assert gain is not None and 0 < gain < share
    random = np.random.default_rng(1)
    found = 0
    for _ in range(800):
        kind = random.choice(3, samples, p=[1 - share, (share - gain) / 2, (share + gain) / 2])
        found += mcnemar_exact(kind == 1, kind == 2).p_value <= 0.05
    # The exact test is a little conservative, and 800 draws err by 1.4 points.
    assert 0.72 < found / 800 < 0.86


def test_where_the_models_never_differ_nothing_can_be_said() -> None:
    assert detectable_gain(100, 0, 0.05) is None
    assert detectable_gain(0, 0, 0.05) is None
    assert 0.9 < (detectable_gain(3, 3, 0.05) or 0) <= 1.0, "never more than the discordant share"


@pytest.mark.parametrize(
    ("details", "wanted"),
    [
        ({}, None),
        ({"comparison": {"details": {}}}, None),
        ({"comparison": {"details": {"low": -0.05, "high": 0.15}}, "policy": {"promote_alpha": 0.05}}, 0.127),
    ],
)
def test_the_test_of_each_kind_of_comparison(details: dict[str, Any], wanted: float | None) -> None:
    assert least_gain(details) == (None if wanted is None else pytest.approx(wanted, abs=0.001))
    mcnemar = {"only_first_right": 20, "only_second_right": 40}
    rows = {"comparison": {"details": mcnemar}, "challenger": {"samples": 1_000}, "policy": {"promote_alpha": 0.05}}
    assert least_gain(rows) == detectable_gain(1_000, 60, 0.05, POWER)


def test_a_comparison_that_states_its_power_is_not_contradicted() -> None:
    """Of images that share luck an interval taken for normal would promise more than the bets can show."""
    test = {"gain": 0.2, "low": 0.1, "high": 0.3, "power": {"shows": 0.25}}
    assert least_gain({"comparison": {"details": test}}) == 0.25
    assert least_gain({"comparison": {"details": test | {"power": {"shows": None}}}}) is None
