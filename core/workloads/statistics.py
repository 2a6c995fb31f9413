"""The statistical tests of the loop, on top of SciPy."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Discordant pairs, and the exact p-value of "the second is not right more often"."""

    only_first_right: int
    only_second_right: int
    p_value: float


def mcnemar_exact(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> McNemar:
    """McNemar's exact test (Q. McNemar, 1947), one-sided, on two models' predictions for the same samples.

    Both arrays are boolean, shape (n,). Raises ``ValueError`` when their lengths differ.
    """
    if first_right.shape != second_right.shape:
        raise ValueError("the two models were measured on different holdouts")
    first = int(np.count_nonzero(first_right & ~second_right))
    second = int(np.count_nonzero(second_right & ~first_right))
    p_value = float(stats.binomtest(second, first + second, alternative="greater").pvalue) if first + second else 1.0
    return McNemar(first, second, p_value)


def detectable_gain(samples: int, discordant: int, alpha: float, power: float = 0.8) -> float | None:
    """The least gain in accuracy that a one-sided McNemar test with this many samples finds with probability ``power``,
    when as large a share of them is discordant again (R. G. Miettinen, 1968; J. Connor, 1987). None without samples or
    discordant pairs.

    Solved for the gain g: ``n g² = (z_α √d + z_β √(d − g²))²`` with the discordant share d.
    """
    if samples <= 0 or discordant <= 0:
        return None
    share = discordant / samples
    z_alpha, z_beta = stats.norm.ppf(1 - alpha), stats.norm.ppf(power)
    # Squared twice this is quadratic in g; a = z_α √d, c = z_β: (√n g − a)² = c² (d − g²).
    root, a, c = samples**0.5, z_alpha * share**0.5, z_beta
    squared, middle, constant = samples + c**2, -2 * root * a, a**2 - c**2 * share
    gain = float((-middle + max(middle**2 - 4 * squared * constant, 0.0) ** 0.5) / (2 * squared))
    return min(gain, share)


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
    return adjusted(ks_distances(reference, current), alpha, min_effect)


def ks_distances(
    reference: Mapping[str, NDArray[np.float64]], current: Mapping[str, NDArray[np.float64]]
) -> dict[str, tuple[float, float]]:
    """Feature → Kolmogorov–Smirnov distance (0 to 1) and its p-value, not adjusted."""
    results = {name: stats.ks_2samp(reference[name], current[name], method="asymp") for name in reference}
    return {name: (float(one.statistic), float(one.pvalue)) for name, one in results.items()}


def shares_test(reference: NDArray[np.int64], current: NDArray[np.int64], classes: int) -> tuple[float, float]:
    """Whether the class frequencies differ: total variation distance (0 to 1) and the p-value of the chi-squared test
    of homogeneity (K. Pearson, 1900).

    Both arrays contain class indices, of any length; (0, 1) when one of them is empty.
    """
    table = np.stack([np.bincount(labels, minlength=classes) for labels in (reference, current)])
    table = table[:, table.sum(axis=0) > 0]
    if (table.sum(axis=1) == 0).any() or table.shape[1] < 2:
        return 0.0, 1.0
    shares = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(stats.chi2_contingency(table).pvalue)


def adjusted(found: Mapping[str, tuple[float, float]], alpha: float, min_effect: float) -> list[dict[str, Any]]:
    """Feature → (distance, p-value) as the loop's drift tests, p-values adjusted by Benjamini–Hochberg (1995)."""
    corrected = stats.false_discovery_control([p_value for _distance, p_value in found.values()])
    return [
        {
            "feature": name,
            "distance": distance,
            "p_adjusted": float(p),
            "drift": bool(p < alpha and distance >= min_effect),
        }
        for (name, (distance, _p)), p in zip(found.items(), corrected, strict=True)
    ]
