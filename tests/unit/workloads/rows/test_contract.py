"""The data contract of rows: what must be caught, and what must not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.config.messages import Message, render
from core.workloads.contract import Finding, findings_from_json, findings_to_json
from core.workloads.contract_charts import picture
from core.workloads.rows.contract import findings
from core.workloads.rows.contract_rows import Rows, Schema
from core.workloads.rows.models import SoftmaxModel
from tests.bad_rows import BAD, Arrays, labels_exchanged, linear, signs_turned

TWO = Schema(("x1", "x2"), "label", ("0", "1"))
THREE = Schema(("x1", "x2"), "label", ("a", "b", "c"))
NUMBER = Schema(("x1", "x2"), "target", (), "regression")
EXPENSIVE = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

EXPECTED = {
    "labels_exchanged": "contract.swapped",
    "signs_turned": {"contract.swapped", "contract.inverted"},
    "half_of_class_1_called_0": "contract.noise",
    "first_feature_times_100": "contract.rescaled",
    "first_feature_moved": "contract.shifted",
    "first_feature_constant": "contract.constant",
    "one_class_only": "contract.missing_classes",
    "with_missing_values": "contract.not_finite",
    "with_an_infinite_value": "contract.not_finite",
    "with_unknown_labels": "contract.unknown_labels",
    "mostly_copies": "contract.duplicates",
}


def three_classes(rows: int, seed: int, angle: float = 0, noise: float = 0.2) -> Arrays:
    """Three sectors of the plane of 120° each, jittered."""
    random = np.random.default_rng(seed)
    points = random.standard_normal((rows, 2))
    directions = np.deg2rad(angle + np.array([0, 120, 240]))
    labels = (points @ np.stack([np.cos(directions), np.sin(directions)])).argmax(axis=1)
    return points + random.normal(0, noise, points.shape), labels.astype(np.float64), random.random(rows) < 0.2


def numbers(rows: int, seed: int, angle: float = 30, noise: float = 0.3) -> Arrays:
    """A plane over two features."""
    random = np.random.default_rng(seed)
    features = random.standard_normal((rows, 2))
    slope = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    return features, 5 + 2 * features @ slope + random.normal(0, noise, rows), random.random(rows) < 0.2


@lru_cache(maxsize=32)
def before(world: str, rows: int, angle: float) -> tuple[Rows, ...]:
    """The last datasets of a world that stood still."""
    make = {"linear": linear, "three": three_classes, "numbers": numbers}[world]
    return tuple(Rows.of(*make(rows, 900 + seed, angle)) for seed in range(2))


def codes(arrays: Arrays, references: Sequence[Rows] = (), schema: Schema = TWO, predictor: Any = None) -> set[str]:
    return {one.message.code for one in findings(Rows.of(*arrays), list(references), predictor, schema)}


@pytest.mark.parametrize("kind", BAD)
def test_each_way_to_go_wrong_is_found_and_named(kind: str) -> None:
    found = codes(BAD[kind](linear(2_000, 1)), before("linear", 2_000, 45))
    wanted = EXPECTED[kind]
    assert found & (wanted if isinstance(wanted, set) else {wanted}), found


@EXPENSIVE
@given(
    kind=st.sampled_from(sorted(BAD)),
    classes=st.sampled_from(["linear", "three"]),
    rows=st.sampled_from([1_000, 5_000, 20_000]),
    seed=st.integers(0, 500),
    angle=st.sampled_from([0.0, 45.0, 200.0]),
)
def test_a_bad_dataset_of_any_size_and_world_is_found(
    kind: str, classes: str, rows: int, seed: int, angle: float
) -> None:
    make, schema = (linear, TWO) if classes == "linear" else (three_classes, THREE)
    assert codes(BAD[kind](make(rows, seed, angle)), before(classes, rows, angle), schema)


@EXPENSIVE
@given(
    classes=st.sampled_from(["linear", "three"]),
    rows=st.sampled_from([1_000, 5_000, 20_000]),
    seed=st.integers(0, 500),
    turn=st.floats(-90, 90),
)
def test_a_clean_dataset_passes_even_when_the_world_turned_by_up_to_90_degrees(
    classes: str, rows: int, seed: int, turn: float
) -> None:
    make, schema = (linear, TWO) if classes == "linear" else (three_classes, THREE)
    assert codes(make(rows, seed, 45 + turn), before(classes, rows, 45), schema) == set()


@pytest.mark.parametrize("balance", [0.05, 0.3, 0.95])
def test_other_class_shares_are_no_reason(balance: float) -> None:
    assert codes(linear(2_000, 5, balance=balance), before("linear", 2_000, 45)) == set()


def test_a_moderate_covariate_shift_is_no_reason() -> None:
    features, labels, held = linear(2_000, 5)
    assert codes((features * 1.8 + 1.5, labels, held), before("linear", 2_000, 45)) == set()


def test_a_little_more_noise_is_no_reason_and_much_more_is() -> None:
    assert codes(linear(5_000, 5, noise=0.4), before("linear", 5_000, 45)) == set()
    assert codes(linear(5_000, 5, noise=2.0), before("linear", 5_000, 45)) == {"contract.noise"}


def test_separated_classes_with_other_shares_are_not_taken_for_another_unit() -> None:
    """The spread of the feature as a whole falls from 20 to 2: within the classes it is what it was."""

    def apart(share: float, seed: int) -> Arrays:
        random = np.random.default_rng(seed)
        labels = (random.random(2_000) < share).astype(np.float64)
        features = np.column_stack([20 * labels, 0 * labels]) + random.standard_normal((2_000, 2))
        return features, labels, random.random(2_000) < 0.2

    assert codes(apart(0.1, 2), [Rows.of(*apart(0.5, 1))]) == set()


def test_one_answer_to_everything_explains_no_class() -> None:
    """The boundary moved to where the old model knows one class only; found when an example workload was tried."""

    def asleep(enough: float, seed: int) -> Arrays:
        random = np.random.default_rng(seed)
        hours = random.normal(7, 1.5, 5_000)
        awake = hours + random.normal(0, 0.5, 5_000) > enough
        return hours[:, None], awake.astype(np.float64), random.random(5_000) < 0.2

    schema = Schema(("hours",), "label", ("asleep", "awake"))
    assert codes(asleep(9, 2), [Rows.of(*asleep(6, 1))], schema) == set()


def test_the_first_dataset_meets_the_absolute_checks_only() -> None:
    assert codes(linear(1_000, 1)) == set()
    assert codes(labels_exchanged(linear(1_000, 1))) == set()
    for kind in ("one_class_only", "with_missing_values", "with_unknown_labels", "mostly_copies"):
        assert codes(BAD[kind](linear(1_000, 1))), kind


def test_the_champion_is_asked_where_there_is_no_other_dataset() -> None:
    champion = SoftmaxModel(("0", "1"), np.array([[-5.0, 5.0], [-5.0, 5.0]]), np.zeros(2))
    assert codes(linear(1_000, 1), (), TWO, champion) == set()
    assert codes(labels_exchanged(linear(1_000, 1)), (), TWO, champion) == {"contract.swapped"}
    assert codes(linear(1_000, 1, angle=135), (), TWO, champion) == set()


def test_a_champion_with_other_classes_is_not_asked() -> None:
    stranger = SoftmaxModel(("0", "9"), np.array([[-5.0, 5.0], [-5.0, 5.0]]), np.zeros(2))
    assert codes(labels_exchanged(linear(1_000, 1)), (), TWO, stranger) == set()


def test_three_classes_with_turned_signs_are_named_as_that() -> None:
    found = findings(Rows.of(*signs_turned(three_classes(2_000, 1))), before("three", 2_000, 0), None, THREE)
    assert [one.message.code for one in found] == ["contract.inverted"]


def test_round_values_repeat_more_often_the_more_rows_there_are_and_are_no_copies() -> None:
    def dice(rows: int, seed: int) -> Arrays:
        random = np.random.default_rng(seed)
        features = random.integers(1, 200, (rows, 2)).astype(np.float64)
        noisy = features.sum(axis=1) + random.normal(0, 20, rows)
        return features, (noisy > 200).astype(np.float64), random.random(rows) < 0.2

    references = [Rows.of(*dice(2_000, 1))]
    many = Rows.of(*dice(50_000, 2))
    assert many.copies / many.size > 0.3
    assert codes(dice(50_000, 2), references) == set()


@pytest.mark.parametrize("angle", [30, 50, 120])
def test_a_clean_regression_passes(angle: float) -> None:
    assert codes(numbers(1_000, 3, angle), before("numbers", 1_000, 30), NUMBER) == set()


def _targets(change: Any) -> set[str]:
    features, targets, held = numbers(1_000, 3)
    return codes((features, np.asarray(change(targets), dtype=np.float64), held), before("numbers", 1_000, 30), NUMBER)


def test_a_bad_regression_is_found() -> None:
    random = np.random.default_rng(0)
    assert "contract.inverted_target" in _targets(lambda y: 10 - y)
    assert "contract.inverted_target" in _targets(lambda y: -y)
    assert "contract.rescaled" in _targets(lambda y: 100 * y)
    assert "contract.constant_target" in _targets(np.ones_like)
    assert "contract.not_finite" in _targets(lambda y: np.where(np.arange(len(y)) == 3, np.nan, y))
    assert _targets(random.permutation) == {"contract.noise_target"}
    held = numbers(1_000, 3)[2]
    assert held.any()
    nothing_held: NDArray[np.bool_] = np.zeros(1_000, np.bool_)
    assert codes((*numbers(1_000, 3)[:2], nothing_held), (), NUMBER) == {"contract.empty_split"}


def test_a_wider_regression_is_no_noise() -> None:
    """Half the range of the features leaves a quarter of the variance to explain, and the same noise."""
    features, _, held = numbers(2_000, 3)
    random = np.random.default_rng(1)
    narrow = features / 2
    targets = 5 + 2 * narrow @ np.array([np.cos(np.pi / 6), 0.5]) + random.normal(0, 0.3, 2_000)
    assert codes((narrow, targets, held), before("numbers", 2_000, 30), NUMBER) == set()


def test_findings_are_kept_as_json_and_drawn() -> None:
    cases = [(BAD[kind](linear(1_000, 1)), before("linear", 1_000, 45), TWO) for kind in BAD]
    features, targets, held = numbers(1_000, 3)
    cases.append(((features, -targets, held), before("numbers", 1_000, 30), NUMBER))
    for arrays, references, schema in cases:
        for one in findings(Rows.of(*arrays), references, None, schema):
            (kept,) = findings_from_json(findings_to_json([one]))
            assert render(kept.message) == render(one.message)
            view = picture(kept.evidence)
            assert view.figure is not None and view.alt and view.figure.to_json()


def test_evidence_of_another_version_is_not_drawn() -> None:
    assert picture({"kind": "hologram"}).figure is None
    assert picture({"kind": "bars"}).figure is None
    assert findings_from_json(None) == () and findings_from_json([{"evidence": {}}, "x"]) == ()
    (kept,) = findings_from_json([{"message": {"code": "later.one", "parameters": {}}}])
    assert kept == Finding(Message("later.one"))
