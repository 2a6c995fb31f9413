"""Rendered photographs: the same for the same seed, labelled inside the picture, of all kinds."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config.messages import Message
from core.config.messages import render as render_message
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.render import render, render_many
from core.workloads.rps.render.scene import Seen

SEEDS = st.integers(0, 2**32)


@settings(max_examples=12)
@given(seed=SEEDS, size=st.sampled_from((64, 160, 320)))
def test_a_picture_has_its_size_and_its_boxes_lie_inside(seed: int, size: int) -> None:
    pixels, boxes = render(seed, size)
    assert pixels.shape == (size, size, 3) and pixels.dtype == np.uint8
    assert pixels.std() > 1, "the picture is empty"
    for box in boxes:
        assert box.label in CLASSES and box.provenance == "synthetic"
        assert box.x - box.width / 2 >= -1e-9 and box.x + box.width / 2 <= 1 + 1e-9
        assert box.y - box.height / 2 >= -1e-9 and box.y + box.height / 2 <= 1 + 1e-9
        assert min(box.width, box.height) * size >= 4 - 1e-6, "nobody sees a throw of three pixels"


@settings(max_examples=6)
@given(seed=SEEDS)
def test_the_same_seed_gives_the_same_picture_and_another_seed_another(seed: int) -> None:
    first, second, other = render(seed, 96), render(seed, 96), render(seed + 1, 96)
    assert np.array_equal(first[0], second[0]) and first[1] == second[1]
    assert not np.array_equal(first[0], other[0])


def test_classes_are_balanced_and_some_pictures_hold_no_throw() -> None:
    boxes = [render(seed, 64)[1] for seed in range(240)]
    throws = Counter(box.label for found in boxes for box in found)
    assert set(throws) == set(CLASSES)
    assert min(throws.values()) > 0.6 * max(throws.values())
    for count, low, high in ((0, 0.12, 0.45), (1, 0.3, 0.7), (2, 0.08, 0.4)):
        share = sum(len(found) == count for found in boxes) / len(boxes)
        assert low < share < high, f"{share:.2f} of the pictures hold {count} throws"


def test_hands_are_far_and_near() -> None:
    sizes = sorted(max(box.width, box.height) for seed in range(120) for box in render(seed, 64)[1])
    assert sizes[0] < 0.15 and sizes[-1] > 0.55


def test_a_picture_too_small_for_hands_is_refused() -> None:
    with pytest.raises(ValueError, match="use 32 or more"):
        render(1, 31)


def test_many_in_processes_are_those_of_one_process_in_order_and_progress_is_told() -> None:
    told: list[tuple[float, Message]] = []
    parallel = list(render_many(range(20), 64, 2, lambda share, text: told.append((share, text))))
    alone = list(render_many(range(20), 64, 1))
    assert len(parallel) == len(alone) == 20
    for (pixels, boxes), (same_pixels, same_boxes) in zip(parallel, alone, strict=True):
        assert np.array_equal(pixels, same_pixels) and boxes == same_boxes
    assert [share for share, _ in told] == [0.4, 0.8, 1.0]
    assert render_message(told[-1][1]) == "20 of 20 images rendered"


def test_whoever_stops_reading_early_gets_what_was_read_and_no_more_is_rendered() -> None:
    told: list[float] = []
    pictures = render_many(range(10_000), 64, 2, lambda share, _: told.append(share))
    assert len(list(islice(pictures, 3))) == 3
    pictures.close()
    assert told == []


def test_no_seeds_make_no_pictures() -> None:
    assert list(render_many([], 64, 2)) == []


def test_a_hand_behind_another_or_behind_its_own_arm_gets_no_box() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[10:30, 10:30] = 1
    free = Seen("rock", mask.copy(), 400.0, 400.0)
    behind_another = Seen("rock", mask.copy(), 400.0, 400.0)
    behind_another.mask[10:22] = 0
    behind_its_arm = Seen("rock", mask.copy(), 400.0, 1600.0)
    found = free.box(64)
    assert found is not None and (found.x, found.y) == (20 / 64, 20 / 64)
    assert behind_another.box(64) is None and behind_its_arm.box(64) is None
