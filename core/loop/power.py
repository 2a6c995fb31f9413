"""The power of a decision's paired test: the least gain that it would have found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy import stats

from core.config.settings import get_settings
from core.workloads.statistics import detectable_gain

POWER = 0.8


def least_gain(details: Mapping[str, Any]) -> float | None:
    """The gain that a test on as many samples, which differ as much, finds with probability :data:`POWER`.

    ``details`` are a decision's. None where the test does not say enough about itself. A test that gives an interval
    is taken to be normal: its standard error is the interval's width over 2 · 1.96.
    """
    test = (details.get("comparison") or {}).get("details") or {}
    if "power" in test:  # evidence over units that share luck has a formula of its own
        shows: float | None = test["power"]["shows"]
        return shows
    alpha = (details.get("policy") or {}).get("promote_alpha", get_settings().promote_alpha)
    if "only_first_right" in test:
        samples = (details.get("challenger") or {}).get("samples") or 0
        return detectable_gain(samples, test["only_first_right"] + test["only_second_right"], alpha, POWER)
    if "low" in test and "high" in test:
        error = (test["high"] - test["low"]) / (2 * stats.norm.ppf(0.975))
        return float((stats.norm.ppf(1 - alpha) + stats.norm.ppf(POWER)) * error)
    return None
