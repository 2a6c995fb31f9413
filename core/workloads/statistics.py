"""The statistical tests of the loop, on top of SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (E. B. Wilson, 1927)."""
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True, slots=True)
class McNemar:
    """Discordant pairs and the two-sided exact p-value."""

    only_first_right: int
    only_second_right: int
    p_value: float


def mcnemar_exact(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """McNemar's exact test (Q. McNemar, 1947) on two models' answers to the same samples.

    Both arrays are boolean, shape (n,). Raises ``ValueError`` when their lengths differ.
    """
    if first_right.shape != second_right.shape:
        raise ValueError("the two models were measured on different holdouts")
    first = int(np.count_nonzero(first_right & ~second_right))
    second = int(np.count_nonzero(second_right & ~first_right))
    p_value = float(stats.binomtest(second, first + second).pvalue) if first + second else 1.0
    return McNemar(first, second, p_value)


def ks_tests(
    reference: dict[str, NDArray[np.float64]],
    current: dict[str, NDArray[np.float64]],
    alpha: float,
    min_effect: float,
) -> list[dict[str, Any]]:
    """Two-sample Kolmogorov–Smirnov per feature, p-values adjusted by Benjamini–Hochberg (1995).

    A feature drifts when its adjusted p-value is under ``alpha`` **and** the KS distance reaches
    ``min_effect``: with many rows any difference is significant, but not every one matters.
    """
    names = list(reference)
    results = [stats.ks_2samp(reference[name], current[name], method="asymp") for name in names]
    adjusted = stats.false_discovery_control([float(result.pvalue) for result in results])
    return [
        {
            "feature": name,
            "distance": float(result.statistic),
            "p_adjusted": float(p),
            "drift": bool(p < alpha and result.statistic >= min_effect),
        }
        for name, result, p in zip(names, results, adjusted, strict=True)
    ]
