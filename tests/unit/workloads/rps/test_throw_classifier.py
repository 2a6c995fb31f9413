"""Landmarks to throws: the same name from every side, and coefficients that fit their code."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workloads.rps.classes import CLASSES
from core.workloads.rps.proposer import throw_classifier
from core.workloads.rps.render import gestures
from core.workloads.rps.render.camera import turn
from core.workloads.rps.render.skeleton import joints_of, shape_of

SEEDS = st.integers(0, 2**32)


def skeleton(label: str, seed: int) -> throw_classifier.Numbers:
    """A rendered hand's joints, which are MediaPipe's 21."""
    random = np.random.default_rng(seed)
    pose = gestures.throw(label, random) if label != throw_classifier.OTHER else gestures.other(random)
    return np.asarray(joints_of(pose, shape_of(random)), np.float64)


@pytest.mark.parametrize("label", CLASSES)
def test_throws_of_the_renderer_are_named_as_they_are(label: str) -> None:
    """The coefficients were learnt from photographs; they hold for a skeleton that never saw one."""
    named = [throw_classifier.shipped_classifier().name(skeleton(label, seed))[0] for seed in range(60)]
    assert named.count(label) >= 54


def test_hands_that_throw_nothing_are_named_with_less_confidence() -> None:
    def confidence(label: str) -> float:
        return float(
            np.mean([throw_classifier.shipped_classifier().name(skeleton(label, seed))[1] for seed in range(80)])
        )

    assert confidence(throw_classifier.OTHER) < min(confidence(label) for label in CLASSES) - 0.1


@settings(max_examples=30)
@given(seed=SEEDS, label=st.sampled_from(CLASSES), scale=st.floats(0.01, 900), mirrored=st.booleans())
def test_a_name_knows_neither_place_nor_turn_nor_scale_nor_left_from_right(
    seed: int, label: str, scale: float, mirrored: bool
) -> None:
    random = np.random.default_rng(seed)
    joints = skeleton(label, seed)
    turned = joints @ (turn(0, random.uniform(0, 360)) @ turn(2, random.uniform(0, 360))).T.astype(np.float64)
    elsewhere = turned * (-1 if mirrored else 1, 1, 1) * scale + random.normal(0, scale, 3)
    assert throw_classifier.features(elsewhere) == pytest.approx(throw_classifier.features(joints), abs=1e-4)
    assert (
        throw_classifier.shipped_classifier().name(elsewhere)[0]
        == throw_classifier.shipped_classifier().name(joints)[0]
    )


@settings(max_examples=20)
@given(seed=SEEDS)
def test_probabilities_are_some(seed: int) -> None:
    landmarks = np.random.default_rng(seed).normal(size=(21, 3))
    chances = throw_classifier.shipped_classifier().probabilities(landmarks)
    assert chances.shape == (4,) and chances.min() >= 0 and chances.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    "landmarks", [np.zeros((21, 3)), np.zeros((20, 3)), np.full((21, 3), np.nan), np.full((21, 3), np.inf)]
)
def test_what_is_no_hand_is_refused(landmarks: throw_classifier.Numbers) -> None:
    with pytest.raises(ValueError, match=r"21 landmarks|not a hand"):
        throw_classifier.features(landmarks)


def test_the_coefficients_are_small_and_say_how_they_were_made() -> None:
    assert throw_classifier.COEFFICIENTS.stat().st_size < 100_000
    made = json.loads(throw_classifier.COEFFICIENTS.read_text(encoding="utf-8"))["made"]
    assert made["right on unseen sources"] > 0.85 and sum(made["hands"].values()) > 1000


def test_coefficients_come_back_as_they_were_written(tmp_path: Path) -> None:
    throw_classifier.write(tmp_path / "throw_classifier.json", throw_classifier.shipped_classifier(), {"by": "a test"})
    again = throw_classifier.read(tmp_path / "throw_classifier.json")
    hand = skeleton("paper", 1)
    assert again.probabilities(hand) == pytest.approx(
        throw_classifier.shipped_classifier().probabilities(hand), abs=1e-6
    )


@pytest.mark.parametrize("change", [{"names": ["rock", "paper"]}, {"bias": [0.0]}, {"scale": [0.0] * 210}])
def test_coefficients_that_do_not_fit_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    told = json.loads(throw_classifier.COEFFICIENTS.read_text(encoding="utf-8")) | change
    (tmp_path / "throw_classifier.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ValueError, match="contains no coefficients"):
        throw_classifier.read(tmp_path / "throw_classifier.json")
