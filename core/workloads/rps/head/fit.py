"""Fits class layers to examples: a logistic regression per scale that stays near the layers it starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from core.workloads.rps.head.examples import Examples
from core.workloads.rps.head.graph import Weights

Floats = NDArray[np.float64]

DECAY = 0.01
"""Pull towards the layers it starts from. From .001 to .03 the errors of twelve people fell alike; at .1 they fell
less."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The examples of one scale: features with a constant column, in single precision because that halves the time."""

    features: NDArray[np.float32]
    targets: Floats
    weights: Floats


def fit(start: Weights, examples: Examples, decay: float = DECAY, iterations: int = 60) -> Weights:
    """Class layers that minimise the binary cross-entropy of ``examples``, as YOLO's own training does, plus ``decay``
    times the squared distance to ``start`` in units of the features' size."""
    total = float((examples.targets.max(axis=1) * examples.weights).sum()) or 1.0
    return [
        _fit_scale(weights, _part(examples, scale), total, decay, iterations) for scale, weights in enumerate(start)
    ]


def _part(examples: Examples, scale: int) -> _Part:
    mine = examples.scale == scale
    features = examples.features[mine].astype(np.float32)
    return _Part(
        np.concatenate([features, np.ones((len(features), 1), np.float32)], axis=1),
        examples.targets[mine].astype(np.float64),
        examples.weights[mine].astype(np.float64)[:, None],
    )


def _fit_scale(start: Floats, part: _Part, total: float, decay: float, iterations: int) -> Floats:
    if not len(part.features):
        return start
    size = np.sqrt((part.features**2).mean(axis=0)) + 1e-6

    def loss(flat: Floats) -> tuple[float, Floats]:
        moved = flat.reshape(start.shape)
        logits = part.features @ (start + moved / size).T.astype(np.float32)
        # log(1 + e^z) - t z, without overflow
        cost = np.logaddexp(0.0, logits) - part.targets * logits
        slope = ((expit(logits) - part.targets) * part.weights).T.astype(np.float32) @ part.features / size / total
        value = float((cost * part.weights).sum()) / total + decay * float((moved**2).sum())
        return value, (slope + 2 * decay * moved).ravel()

    found = minimize(loss, np.zeros(start.size), jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return np.asarray(start + found.x.reshape(start.shape) / size)
