"""The expected effect of parameters of linear data, before anything is generated. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from core.config.settings import get_settings
from core.workloads.linear.data import FEATURES, generate_columns
from core.workloads.linear.model import LinearPredictor
from core.workloads.linear.settings import LinearSettings
from core.workloads.linear.workload import LinearParameters
from core.workloads.predictors import predicted

Columns = dict[str, NDArray[Any]]

BYTES_PER_ROW = 16.3
"""Measured: two doubles, which do not compress, and a third of a byte for label and split."""

_SAMPLE_ROWS = 4_000


@dataclass(frozen=True, slots=True)
class ExpectedCheck:
    """The expected evaluation of the champion on data with these parameters.

    ``accuracy`` is measured on a sample, ``drifted`` are the features whose Kolmogorov–Smirnov distance from the
    champion's training data reaches the drift setting.
    """

    accuracy: float
    threshold: float
    drifted: tuple[str, ...]

    @property
    def retrains(self) -> bool:
        """Whether the next check will probably retrain."""
        return self.accuracy < self.threshold or bool(self.drifted)


def sample(choices: LinearParameters, rows: int = _SAMPLE_ROWS) -> Columns:
    """A few points from the same distribution as the dataset."""
    return generate_columns(**{**choices.model_dump(), "rows": rows})


def best_accuracy(choices: LinearParameters) -> float:
    """The best accuracy of any linear boundary on such data (Bayes accuracy).

    The class densities across the boundary are known in closed form, a truncated normal variable plus normal noise;
    predicting the denser class is correct this often.
    """
    if choices.noise < 1e-6:
        return 1.0
    variance = 1 + choices.noise**2
    spread = np.sqrt(variance)
    across = np.linspace(-9 * spread, 9 * spread, 100_001)
    density = np.exp(-(across**2) / (2 * variance)) / (spread * np.sqrt(2 * np.pi))
    above = ndtr((across / variance - choices.offset) * spread / choices.noise)
    share_above = float(ndtr(-choices.offset))
    class_1 = choices.balance * density * above / share_above
    class_0 = (1 - choices.balance) * density * (1 - above) / (1 - share_above)
    return min(1.0, float(np.trapezoid(np.maximum(class_0, class_1), across)))


def expected_check(predictor: LinearPredictor, drawn: Columns, reference: Columns | None) -> ExpectedCheck:
    """The expected result of the next check. ``reference`` is a sample of the champion's training data."""
    settings = get_settings()
    features = np.column_stack([drawn[name] for name in FEATURES])
    accuracy = float(np.mean(predicted(predictor.probabilities(features)) == drawn["label"]))
    # The gate asks for a small p-value too; with samples of thousands it always is at such a distance.
    drifted = [
        name
        for name in FEATURES
        if reference is not None and ks_distance(reference[name], drawn[name]) >= settings.drift_min_effect
    ]
    return ExpectedCheck(accuracy, LinearSettings.current().threshold, tuple(drifted))


def ks_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Largest gap between two empirical distribution functions.

    SciPy has it, but ``scipy.stats`` would cost the workbench 45 MB for these three lines.
    """
    first, second = np.sort(first), np.sort(second)
    at = np.concatenate([first, second])
    gaps = np.searchsorted(first, at, "right") / len(first) - np.searchsorted(second, at, "right") / len(second)
    return float(np.abs(gaps).max())


def differences(reference: Mapping[str, Any], choices: LinearParameters) -> list[str]:
    """How the parameters differ from ``reference`` (parameters of another dataset), as text."""
    other = LinearParameters.model_validate(reference)
    turned = (choices.angle - other.angle + 180) % 360 - 180
    said = [f"the boundary is turned by {abs(turned):g}°"] if turned else []
    for name, label in (("offset", "boundary offset"), ("noise", "noise"), ("balance", "share of class 1")):
        was, now = getattr(other, name), getattr(choices, name)
        if was != now:
            said.append(f"{label} {now:g} instead of {was:g}")
    return said
