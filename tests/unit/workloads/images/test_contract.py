"""The data contract of images: what must be caught, and what must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.auth.roles import SYSTEM
from core.config.messages import render
from core.images import LABELLED, WEBCAM, store
from core.loop import contract
from core.storage import datasets
from core.vision.boxes import from_corners
from core.workloads.contract_charts import picture
from core.workloads.images.contract import findings
from core.workloads.images.manifest import ManifestImage
from tests.hands import SIDE, sign, signs, snapshot
from tests.pictures_of_hands import HANDS

CLASSES = ("rock", "paper", "scissors")


def pictures(each: int, seed: int, size: tuple[float, float] = (0.3, 0.4)) -> list[ManifestImage]:
    """So many images of each class with one box each, every fifth held out."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(each * len(CLASSES)):
        width, height = np.clip(random.normal(size, 0.05), 0.02, 1.0)
        box = np.array([[0.5, 0.5, width, height]])
        split = "holdout" if number % 5 == 0 else "train"
        label = np.array([number % len(CLASSES)])
        made.append(ManifestImage(f"{seed}-{number}", "s", split, "webcam", 640, 480, label, box))
    return made


def codes(
    chosen: Sequence[ManifestImage], references: Sequence[Sequence[ManifestImage]] = (), *, boxes: bool = True
) -> set[str]:
    found = findings(chosen, references, boxes=boxes)
    for one in found:
        assert render(one.message) and (not one.evidence or picture(one.evidence).figure is not None)
    return {one.message.code for one in found}


@pytest.mark.parametrize("each", [8, 30, 200])
def test_clean_images_pass(each: int) -> None:
    assert codes(pictures(each, 1)) == set()
    assert codes(pictures(each, 1) + pictures(each, 2), [pictures(each, 1)]) == set()
    assert codes(pictures(each, 2, (0.4, 0.5)), [pictures(each, 1)]) == set()


def test_few_images_or_one_class_are_no_bad_images() -> None:
    assert codes(pictures(1, 1)) == set()
    assert codes([one for one in pictures(30, 1) if one.labels[0] == 1]) == set()
    assert codes([replace(one, split="train") for one in pictures(30, 1)]) == set()


def test_repeated_files_are_found() -> None:
    assert codes([*pictures(30, 1), *pictures(30, 1)[:20]]) == {"contract.repeated_images"}


def test_boxes_without_size_or_outside_are_found() -> None:
    for box in ([0.5, 0.5, 0.0, 0.3], [1.4, 0.5, 0.2, 0.2], [np.nan, 0.5, 0.2, 0.2]):
        first, *others = pictures(30, 1)
        assert codes([replace(first, coordinates=np.array([box])), *others]) == {"contract.bad_boxes"}


def test_boxes_on_the_whole_image_are_found() -> None:
    assert "contract.whole_image_boxes" in codes(pictures(30, 1, (1.2, 1.2)))
    assert "contract.whole_image_boxes" in codes(pictures(30, 2, (1.2, 1.2)), [pictures(30, 1)])


def test_boxes_out_of_proportion_are_found_among_the_new_images_only() -> None:
    tiny, flat = pictures(30, 2, (0.02, 0.03)), pictures(30, 2, (0.9, 0.1))
    assert codes([*pictures(300, 1), *tiny], [pictures(300, 1)]) == {"contract.box_proportions"}
    assert "contract.box_proportions" in codes(flat, [pictures(300, 1)])
    assert codes(pictures(300, 1), [pictures(300, 1)]) == set()


def test_whole_images_have_no_boxes_to_check() -> None:
    assert codes(pictures(30, 1, (1.2, 1.2)), boxes=False) == set()


def test_the_hands_workload_brings_it() -> None:
    assert contract.validate(signs(train=3, holdout=2)).status == datasets.VALID
    pixels, _ = sign(0, 1)
    everything = from_corners("rock", (0.0, 0.0, SIDE, SIDE), SIDE, SIDE, "human")
    for number in range(60):
        frame = np.roll(pixels, number, axis=0)
        store.add(SYSTEM, frame, HANDS, source=WEBCAM, session="close", boxes=[everything], state=LABELLED)
    held = contract.validate(snapshot())
    assert held.status == datasets.QUARANTINED
    assert "cover nearly the entire image" in render(contract.in_words(held))
