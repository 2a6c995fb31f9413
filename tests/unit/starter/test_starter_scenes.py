"""What the starter model learns from: scenes made of photographs, cut-outs and rendered hands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tools.starter.album import Album
from tools.starter.cutouts import cut_out
from tools.starter.geometry import Pose, matrix_of, move_boxes, view
from tools.starter.light import relight
from tools.starter.photos import Boxes, Photo, no_boxes
from tools.starter.scenes import Mix, scene

SIDE = 240


def photo(source: str, label: int | None, shade: int = 150) -> Photo:
    """A pale disc, the hand, on a dark wall."""
    pixels = np.random.default_rng(label or 0).integers(20, 60, (SIDE, SIDE, 3)).astype(np.uint8)
    if label is None:
        return Photo(f"{source}_0.jpg", source, pixels, no_boxes())
    cv2.circle(pixels, (120, 110), 40, (shade, shade + 40, shade + 80), -1)
    return Photo(f"{source}_1.jpg", source, pixels, np.array([[label, 80, 70, 160, 150]], np.float32))


@pytest.fixture(scope="module")
def album() -> Album:
    return Album([photo("one", 0), photo("two", 2), photo("empty", None)])


def only(**weights: float) -> Mix:
    return Mix(**{"whole": 0.0, "close": 0.0, "mosaic": 0.0, "pasted": 0.0, **weights})


@pytest.mark.parametrize("kind", ["whole", "close", "mosaic", "pasted"])
def test_each_kind_of_scene_keeps_its_boxes_inside_and_repeats_for_a_seed(album: Album, kind: str) -> None:
    counted = 0
    for seed in range(12):
        pixels, boxes = scene(album, only(**{kind: 1.0}), 160, np.random.default_rng(seed))
        again, same = scene(album, only(**{kind: 1.0}), 160, np.random.default_rng(seed))
        assert pixels.shape == (160, 160, 3)
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, again)
        assert np.array_equal(boxes, same)
        assert (boxes[:, 1:] >= 0).all()
        assert (boxes[:, 1:] <= 160).all()
        assert (boxes[:, 3:] > boxes[:, 1:3]).all()
        assert set(boxes[:, 0]) <= {0, 2}
        counted += len(boxes)
    assert counted >= 6


def test_close_scenes_show_hands_large(album: Album) -> None:
    sides = [
        float((boxes[0, 3:] - boxes[0, 1:3]).max())
        for seed in range(20)
        if len(boxes := scene(album, only(close=1.0), 160, np.random.default_rng(seed))[1])
    ]
    assert np.median(sides) > 160 / 3


def test_a_box_follows_what_it_is_around() -> None:
    """The disc, found again by its brightness, is where the box says, turned and mirrored too."""
    one = photo("one", 0)
    matrix = matrix_of(Pose(0.8, turn=35, mirrored=True, tilt=(0.05, 0.0)), (120, 110), (70, 90), 160)
    pixels, boxes = view(one.pixels, one.boxes, matrix, (160, 160), 0)
    left, top, width, height = cv2.boundingRect((pixels.max(axis=2) > 120).astype(np.uint8))
    assert boxes[0, 1:] == pytest.approx([left, top, left + width, top + height], abs=2.5)


def test_a_box_without_a_turn_moves_exactly() -> None:
    matrix = matrix_of(Pose(0.5), (0, 0), (0, 0), 160)
    assert move_boxes(photo("one", 1).boxes, matrix, (160, 160))[0] == pytest.approx([1, 40, 35, 80, 75])


@pytest.mark.parametrize(("target", "left"), [((-30, 60), 0), ((200, 60), 0), ((20, 60), 1)])
def test_a_box_that_hardly_shows_is_dropped(target: tuple[float, float], left: int) -> None:
    matrix = matrix_of(Pose(1.0), (120, 110), target, 160)
    assert len(move_boxes(photo("one", 0).boxes, matrix, (160, 160))) == left


def test_no_boxes_stay_no_boxes() -> None:
    nothing: Boxes = no_boxes()
    assert move_boxes(nothing, np.eye(3), (160, 160)).shape == (0, 5)


def test_other_light_changes_a_picture_but_neither_its_size_nor_its_type() -> None:
    pixels = photo("one", 0).pixels
    before = pixels.copy()
    changed = [relight(pixels, np.random.default_rng(seed)) for seed in range(30)]
    assert all(other.shape == pixels.shape and other.dtype == np.uint8 for other in changed)
    assert sum(bool((other != pixels).mean() > 0.1) for other in changed) >= 25
    assert np.array_equal(pixels, before)


def test_a_hand_is_cut_out_along_its_outline() -> None:
    (cutout,) = cut_out([photo("one", 0)])
    centre = cutout.alpha.shape[0] // 2
    assert cutout.alpha[centre, cutout.alpha.shape[1] // 2] == 255
    assert cutout.alpha[2:6, 2:6].max() == 0
    assert cutout.alpha.astype(bool).sum() == pytest.approx(np.pi * 40**2, rel=0.1)


def test_a_large_source_does_not_outweigh_a_small_one() -> None:
    photos = [photo("large", 0) for _ in range(100)] + [photo("small", 2)]
    rng = np.random.default_rng(0)
    drawn = [Album(photos, cutouts=()).throw(rng).source for _ in range(300)]
    assert 10 <= drawn.count("small") <= 60


def test_rendered_pictures_come_as_often_as_asked() -> None:
    album = Album([photo("real", 0)], cutouts=(), rendered=[photo("rendered", 1)], share=0.5)
    rng = np.random.default_rng(0)
    drawn = [album.throw(rng).source for _ in range(400)]
    assert 150 <= drawn.count("rendered") <= 250
