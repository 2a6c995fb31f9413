"""By how much a fresh fit would be better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.workloads.rows.classification import brier
from core.workloads.rows.refit import MOST_ROWS, gain_of_classifier, gain_of_regressor, sampled


def rows(count: int, angle: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points whose class depends on the side of a line through the origin, at ``angle`` degrees, with some noise."""
    random = np.random.default_rng(seed)
    features = random.uniform(-1, 1, (count, 2))
    across = features @ np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    return features, (across + random.normal(0, 0.1, count) > 0).astype(np.int64)


def losses_of_unturned(features: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of a model that knows the line at 0 degrees."""
    one = 1 / (1 + np.exp(-17 * features[:, 0]))
    return brier(labels, np.column_stack([1 - one, one]))


def test_nothing_is_to_be_gained_where_the_model_is_right() -> None:
    features, labels = rows(2_000, 0, 1)
    gain = gain_of_classifier(features, labels, losses_of_unturned(features, labels))
    assert gain is not None
    assert gain.shape == (2_000,)
    assert abs(gain.mean()) < 0.003


def test_a_small_turn_shows_in_few_rows() -> None:
    features, labels = rows(1_000, 8, 2)
    gain = gain_of_classifier(features, labels, losses_of_unturned(features, labels))
    assert gain is not None
    assert gain.mean() / (gain.std() / np.sqrt(len(gain))) > 3


def test_a_curved_boundary_is_seen_by_trees() -> None:
    random = np.random.default_rng(3)
    features = random.uniform(-1, 1, (2_000, 2))
    labels = (np.hypot(*features.T) < 0.7).astype(np.int64)
    share = labels.mean()
    gain = gain_of_classifier(features, labels, brier(labels, np.tile([1 - share, share], (2_000, 1))))
    assert gain is not None
    assert gain.mean() > 0.1
    learnable = gain_of_classifier(
        features, labels, brier(labels, np.tile([1 - share, share], (2_000, 1))), affine=True
    )
    assert learnable is not None
    assert learnable.mean() < 0.01, "no straight model can know it"


def test_classes_need_no_neighbouring_numbers_and_some_rows_each() -> None:
    features, labels = rows(300, 0, 4)
    wide = labels * 2
    chances = np.tile([0.5, 0.0, 0.5], (300, 1))
    assert gain_of_classifier(features, wide, brier(wide, chances)) is not None
    assert gain_of_classifier(features, np.zeros(300, np.int64), np.zeros(300)) is None
    labels[:] = 0
    labels[:2] = 1
    assert gain_of_classifier(features, labels, np.zeros(300)) is None


def test_a_regression_is_counted_in_the_models_own_errors() -> None:
    random = np.random.default_rng(5)
    features = random.normal(size=(500, 2))
    targets = 1000 * (features @ np.array([1.0, 2.0])) + random.normal(0, 10, 500)
    off = np.abs(targets - 1000 * (features @ np.array([1.0, 1.0])))
    gain = gain_of_regressor(features, targets, off)
    assert gain is not None
    assert 0.9 < gain.mean() < 1.0
    assert gain_of_regressor(features, targets, np.zeros(500)) is None
    assert gain_of_regressor(features[:4], targets[:4], off[:4]) is None


def test_of_many_rows_some_are_taken_from_the_whole_file() -> None:
    features = np.arange(2.0 * MOST_ROWS).reshape(-1, 1)
    taken, answers = sampled(features, features[:, 0])
    assert len(taken) == MOST_ROWS
    assert (taken[0, 0], taken[-1, 0]) == (0.0, 2.0 * MOST_ROWS - 1)
    assert (taken[:, 0] == answers).all()
    assert sampled(features[:10], features[:10, 0])[0].shape == (10, 1)
