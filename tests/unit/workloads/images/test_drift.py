"""Drift of pictures: only those that came since count, in light, size, classes and the model's own doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest

from core.vision.detections import Detections, Pixels, no_detections
from core.workloads.base import Drift
from core.workloads.images.drift import drift
from core.workloads.images.manifest import ManifestImage
from core.workloads.statistics import shares_test

HANDS = {"classes": 3, "thing": "hand", "alpha": 0.01, "min_effect": 0.1}


def taken(
    number: int, seed: int, split: str = "holdout", change: Mapping[str, float] = MappingProxyType({})
) -> list[ManifestImage]:
    """Pictures of one hand each; ``change``: ``size`` and ``brightness`` move what is drawn, ``rock`` its odds."""
    random = np.random.default_rng(seed)
    made = []
    for index in range(number):
        label = 0 if random.random() < change.get("rock", 0.33) else int(random.integers(1, 3))
        side = float(np.clip(random.normal(0.3 + change.get("size", 0), 0.05), 0.05, 0.9))
        place = [random.uniform(0.3, 0.7), random.uniform(0.3, 0.7), side, side]
        light = int(change.get("brightness", 0))
        # The seed is hidden in the name, where the stand-in for the file looks it up.
        name = f"{seed:04d}{index:04d}{light:03d}".ljust(64, "0")
        made.append(ManifestImage(name, "s", split, "webcam", 64, 64, np.array([label]), np.array([place])))
    return made


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures without files: noise around a grey that their names tell."""

    def pixels(self: ManifestImage) -> Pixels:
        random = np.random.default_rng(int(self.sha256[:8]))
        grey = 110 + int(self.sha256[8:11]) + random.integers(-30, 30)
        return np.asarray(np.clip(random.normal(grey, 12, (64, 64, 3)), 0, 255), np.uint8)

    monkeypatch.setattr(ManifestImage, "pixels", pixels)


class Sure:
    """A detector that is as sure of a picture as that is dark."""

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        score = float(np.clip(1 - picture.mean() / 255, 0, 1))
        return Detections(np.zeros((1, 4), np.float32), np.array([score], np.float32), np.zeros(1, np.int64))

    def smoke(self) -> None:
        """Nothing to try."""


class Blind(Sure):
    """Sees nothing at all."""

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        return no_detections()


def compared(before: Sequence[ManifestImage], now: Sequence[ManifestImage]) -> Drift:
    return drift(before, now, Sure(), **HANDS)


def found_in(outcome: Drift) -> set[str]:
    return {str(test["feature"]) for test in outcome.tests if test["drift"]}


@pytest.mark.parametrize("seed", range(4))
def test_more_of_the_same_is_no_drift(seed: int) -> None:
    before = taken(150, seed)
    outcome = compared(before, [*before, *taken(120, seed + 50)])
    assert not outcome.found, outcome.summary
    assert {test["feature"] for test in outcome.tests} == {
        "class shares",
        "hand size",
        "hand position",
        "brightness",
        "sharpness",
        "model's confidence",
    }


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"brightness": 60}, "brightness"),
        ({"size": 0.15}, "hand size"),
        ({"rock": 0.9}, "class shares"),
        ({"brightness": 60}, "model's confidence"),
    ],
)
def test_what_changed_is_named(change: dict[str, float], feature: str) -> None:
    before = taken(150, 1)
    outcome = compared(before, [*before, *taken(100, 60, change=change)])
    assert outcome.found
    assert feature in found_in(outcome) and feature in str(outcome.summary)


def test_old_pictures_do_not_water_new_ones_down() -> None:
    """Forty new pictures among a thousand: by share nothing, by themselves everything."""
    before = taken(1000, 2)
    assert "brightness" in found_in(compared(before, [*before, *taken(40, 61, change={"brightness": 60})]))


def test_a_handful_of_new_pictures_tells_nothing() -> None:
    before = taken(100, 3)
    outcome = compared(before, [*before, *taken(10, 62, change={"brightness": 80})])
    assert not outcome.found and outcome.tests == []
    assert "10 images are new" in str(outcome.summary)


def test_confidence_is_compared_on_held_out_pictures_only() -> None:
    before, new = taken(100, 4, split="train"), taken(100, 63, split="train")
    names = {test["feature"] for test in compared(before, [*before, *new]).tests}
    assert "model's confidence" not in names and "brightness" in names


def test_a_model_that_sees_nothing_any_more_does_not_break_it() -> None:
    before = taken(60, 5)
    assert not drift(before, [*before, *taken(60, 64)], Blind(), **HANDS).found


def test_shares_of_classes_are_compared_by_counts() -> None:
    even, odd = np.repeat([0, 1, 2], 40), np.repeat([0, 1, 2], [100, 10, 10])
    distance, p_value = shares_test(even, odd, 3)
    assert distance == pytest.approx(0.5)
    assert p_value < 1e-6
    assert shares_test(even, even, 3) == pytest.approx((0.0, 1.0))
    assert shares_test(even, np.zeros(0, np.int64), 3) == (0.0, 1.0)
    assert shares_test(np.zeros(5, np.int64), np.zeros(9, np.int64), 3) == (0.0, 1.0)


def test_boxes_that_say_nothing_are_not_looked_at() -> None:
    """Where labels are for whole images, size and place of the boxes are the same for all."""
    before, new = taken(60, 1), taken(60, 2, change={"size": 0.3})
    about = {**HANDS, "thing": None}
    told = drift(before, [*before, *new], Sure(), **about)
    assert {test["feature"] for test in told.tests} == {"class shares", "brightness", "sharpness", "model's confidence"}
    assert drift(before, [*before, *new], Sure(), **HANDS).found
