"""Pictures into what a network looks at and back: the smallest frame, as ultralytics makes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vision.letterbox import STEP, letterbox
from core.workloads.rps import torch_setup

SHAPES = ((320, 320), (240, 320), (180, 320), (480, 200), (97, 301))

side = st.integers(1, 700)
size = st.integers(1, 12).map(lambda steps: steps * STEP)


@pytest.mark.parametrize(
    ("picture", "frame"),
    [
        ((480, 640), (256, 320)),
        ((720, 1280), (192, 320)),
        ((640, 640), (320, 320)),
        ((1280, 720), (320, 192)),
        ((640, 480), (320, 256)),
        ((7, 900), (32, 320)),
        ((1, 1), (320, 320)),
    ],
)
def test_the_frame_is_the_smallest_that_holds_the_picture(picture: tuple[int, int], frame: tuple[int, int]) -> None:
    assert letterbox(np.zeros((*picture, 3), np.uint8), 320)[0].shape == (*frame, 3)
    assert letterbox(np.zeros((*picture, 3), np.uint8), 320, square=True)[0].shape == (320, 320, 3)


@settings(max_examples=60)
@given(height=side, width=side, size=size, square=st.booleans())
def test_a_frame_is_pixel_for_pixel_that_of_ultralytics(height: int, width: int, size: int, square: bool) -> None:
    torch_setup.prepare()
    from ultralytics.data.augment import LetterBox

    picture = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    theirs = LetterBox(size, auto=not square, stride=STEP)(image=picture)
    np.testing.assert_array_equal(letterbox(picture, size, square)[0], theirs)


@given(height=side, width=side, size=size, square=st.booleans())
def test_the_whole_picture_lies_in_the_frame(height: int, width: int, size: int, square: bool) -> None:
    """Its corners in the frame come back as its corners, and no side of the frame could be a step shorter."""
    frame, placement = letterbox(np.zeros((height, width, 3), np.uint8), size, square)
    inside = np.argwhere((frame == 0).all(axis=2))
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    back = placement.to_picture(np.array([[left, top, right, bottom]], np.float32))[0]
    np.testing.assert_allclose(back, [0, 0, width, height], atol=1 / placement.scale + 1e-3)
    assert max(frame.shape[:2]) == size
    if not square:
        assert frame.shape[0] - (bottom - top) < STEP
        assert frame.shape[1] - (right - left) < STEP
        assert not any(length % STEP for length in frame.shape[:2])


@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_find_their_way_back(shape: tuple[int, int], square: bool) -> None:
    """A white patch keeps its place: into the frame and back."""
    height, width = shape
    pixels = np.zeros((height, width, 3), np.uint8)
    box = np.array([width // 4, height // 4, width // 2, height // 2])
    pixels[box[1] : box[3], box[0] : box[2]] = 255
    frame, placement = letterbox(pixels, 320, square)
    inside = np.argwhere(frame[:, :, 0] > 127)
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    back = placement.to_picture(np.array([[left, top, right, bottom]], np.float32))[0]
    np.testing.assert_allclose(back, box, atol=2 / placement.scale)
    there = np.array([[left, top, right, bottom]], np.float32)
    np.testing.assert_allclose(placement.to_frame(placement.to_picture(there)), there, atol=1e-2)
