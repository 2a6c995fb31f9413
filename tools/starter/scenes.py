"""One training image at a time: where hands are, how large, before what, in which light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from core.vision.detections import Pixels
from tools.starter.album import Album
from tools.starter.cutouts import Cutout
from tools.starter.geometry import Matrix, Pose, matrix_of, move_boxes, shifted, view
from tools.starter.light import relight, smear
from tools.starter.photos import Boxes, Photo, no_boxes

Scene = tuple[Pixels, Boxes]
Rng = np.random.Generator

_GREY = 114
_ROOM = 0.03
"""What a moving hand smears over, as a share of the image."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each kind of scene is made; the numbers are weights."""

    whole: float = 0.27
    close: float = 0.2
    mosaic: float = 0.2
    pasted: float = 0.33


def scene(album: Album, mix: Mix, size: int, rng: Rng) -> Scene:
    """One image of ``size`` by ``size`` pixels and its boxes in pixels. The same ``rng`` state, the same scene."""
    makers: list[tuple[float, Callable[[], Scene]]] = [
        (mix.whole, lambda: _whole(album.photo(rng), album, size, rng)),
        (mix.close, lambda: _close(album.throw(rng), album, size, rng)),
        (mix.mosaic, lambda: _mosaic(album, size, rng)),
        (mix.pasted if album.cutouts or album.bodies else 0.0, lambda: _pasted(album, size, rng)),
    ]
    weights = np.array([weight for weight, _ in makers])
    pixels, boxes = makers[rng.choice(len(makers), p=weights / weights.sum())][1]()
    return relight(pixels, rng), boxes


def _pose(scale: float, rng: Rng) -> Pose:
    turn = rng.normal(0, 14) if rng.random() < 0.8 else rng.uniform(-100, 100)
    return Pose(
        scale=scale,
        stretch=float(np.exp(rng.normal(0, 0.12))),
        turn=float(turn) if rng.random() < 0.7 else 0.0,
        mirrored=bool(rng.random() < 0.5),
        shear=float(rng.normal(0, 0.08)),
        tilt=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.06))),
    )


def _under(album: Album, size: int, rng: Rng) -> Pixels | int:
    """What shows where a photograph does not reach: mostly the grey that stands beside images when serving."""
    kind = rng.random()
    if kind < 0.5 or not album.others:
        return _GREY if kind < 0.4 else int(rng.integers(0, 256))
    return _background(album, size, rng)


def _background(album: Album, size: int, rng: Rng) -> Pixels:
    if rng.random() < 0.2:
        return _plain(size, rng)
    photo = album.background(rng)
    scale = size / min(photo.size) * rng.uniform(1.0, 2.0)
    reach = (min(photo.size) - size / scale) / 2
    centre = (photo.size[0] / 2 + rng.uniform(-reach, reach), photo.size[1] / 2 + rng.uniform(-reach, reach))
    pose = Pose(float(scale), mirrored=bool(rng.random() < 0.5))
    return view(photo.pixels, no_boxes(), matrix_of(pose, centre, (size / 2, size / 2), size), (size, size), _GREY)[0]


def _plain(size: int, rng: Rng) -> Pixels:
    """A wall: one colour, often near white, that changes a little over the image."""
    colour = rng.uniform(215, 255, 3) if rng.random() < 0.4 else rng.uniform(0, 255) + rng.normal(0, 25, 3)
    coarse = colour + rng.normal(0, 12, (3, 3, 1))
    return np.clip(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def _whole(photo: Photo, album: Album, size: int, rng: Rng) -> Scene:
    """The photograph from nearer or further away, around one of its hands or around anything."""
    scale = size / max(photo.size) * np.exp(rng.uniform(np.log(0.5), np.log(2.2)))
    return _framed(photo, float(scale), size, _under(album, size, rng), rng)


def _framed(photo: Photo, scale: float, size: int, under: Pixels | int, rng: Rng) -> Scene:
    width, height = photo.size
    if len(photo.boxes) and rng.random() < 0.7:
        box = photo.boxes[rng.integers(len(photo.boxes))]
        centre = (float(box[1] + box[3]) / 2, float(box[2] + box[4]) / 2)
        target = (rng.uniform(0.12, 0.88) * size, rng.uniform(0.12, 0.88) * size)
    else:
        centre = (width / 2, height / 2)
        slack = abs(scale * max(width, height) - size) / 2 + 0.1 * size
        target = (size / 2 + rng.uniform(-slack, slack), size / 2 + rng.uniform(-slack, slack))
    return view(photo.pixels, photo.boxes, matrix_of(_pose(scale, rng), centre, target, size), (size, size), under)


def _close(photo: Photo, album: Album, size: int, rng: Rng) -> Scene:
    """A hand that fills a third of the image, or all of it."""
    box = photo.boxes[rng.integers(len(photo.boxes))]
    longer = max(box[3] - box[1], box[4] - box[2])
    scale = rng.uniform(0.35, 1.0) * size / max(float(longer), 24.0)
    centre = (float(box[1] + box[3]) / 2, float(box[2] + box[4]) / 2)
    room = max(0.0, size - scale * float(longer)) / 2
    target = (size / 2 + rng.uniform(-room, room), size / 2 + rng.uniform(-room, room))
    matrix = matrix_of(_pose(float(scale), rng), centre, target, size)
    return view(photo.pixels, photo.boxes, matrix, (size, size), _under(album, size, rng))


def _mosaic(album: Album, size: int, rng: Rng) -> Scene:
    """Four photographs in one: many hands, smaller than usual, with edges that mean nothing."""
    across, down = (int(value) for value in rng.uniform(0.3, 0.7, 2) * size)
    pixels, boxes = np.empty((size, size, 3), np.uint8), [no_boxes()]
    for left, top, right, bottom in (
        (0, 0, across, down),
        (across, 0, size, down),
        (0, down, across, size),
        (across, down, size, size),
    ):
        photo = album.photo(rng)
        width, height = right - left, bottom - top
        scale = max(width, height) / max(photo.size) * np.exp(rng.uniform(np.log(0.7), np.log(2.0)))
        centre, target = _anchor(photo, width, height, rng)
        matrix = matrix_of(_pose(float(scale), rng), centre, target, max(width, height))
        cell, inside = view(photo.pixels, photo.boxes, matrix, (width, height), _GREY)
        pixels[top:bottom, left:right] = cell
        boxes.append(inside + np.array([0, left, top, left, top], np.float32))
    return pixels, np.concatenate(boxes)


def _anchor(photo: Photo, width: int, height: int, rng: Rng) -> tuple[tuple[float, float], tuple[float, float]]:
    if not len(photo.boxes):
        return (photo.size[0] / 2, photo.size[1] / 2), (width / 2, height / 2)
    box = photo.boxes[rng.integers(len(photo.boxes))]
    centre = (float(box[1] + box[3]) / 2, float(box[2] + box[4]) / 2)
    return centre, (rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height)


def _pasted(album: Album, size: int, rng: Rng) -> Scene:
    """Hands without their own background before another one."""
    pixels, boxes = _background(album, size, rng), [no_boxes()]
    taken = np.zeros((size, size), np.uint8)
    for _ in range(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15])):
        boxes.append(_paste(pixels, taken, album.cutout(rng), size, rng))
    return pixels, np.concatenate(boxes)


def _paste(pixels: Pixels, taken: np.ndarray, cutout: Cutout, size: int, rng: Rng) -> Boxes:
    box = cutout.box
    longer = float(max(box[3] - box[1], box[4] - box[2]))
    wanted = size * np.exp(rng.uniform(np.log(0.07), np.log(0.9)))
    pose = _pose(float(min(wanted, 2.2 * longer) / longer), rng)
    centre = (float(box[1] + box[3]) / 2, float(box[2] + box[4]) / 2)
    target = (rng.uniform(0.08, 0.92) * size, rng.uniform(0.08, 0.92) * size)
    matrix = matrix_of(pose, centre, target, size)
    moved = move_boxes(box[None], matrix, (size, size))
    if not len(moved):
        return no_boxes()
    left, top, right, bottom = moved[0, 1:].astype(int).tolist()
    if taken[top : bottom + 1, left : right + 1].any():
        return no_boxes()
    _lay(pixels, cutout, matrix, max(right - left, bottom - top), rng)
    taken[top : bottom + 1, left : right + 1] = 1
    return moved if box[0] >= 0 else no_boxes()


def _lay(pixels: Pixels, cutout: Cutout, matrix: Matrix, longer: int, rng: Rng) -> None:
    """Lay the hand over ``pixels``: in its own light, and often moving, as a hand that throws does."""
    left, top, right, bottom = _reach(cutout.alpha.shape, matrix, pixels.shape[0])
    if right - left < 2 or bottom - top < 2:
        return
    inside, size = shifted((-left, -top)) @ matrix, (right - left, bottom - top)
    hand, _ = view(cutout.pixels, no_boxes(), inside, size, 0)
    if rng.random() < 0.7:
        hand = relight(hand, rng)
    alpha = np.asarray(cv2.warpPerspective(cutout.alpha, inside, size), np.float32)[:, :, None] / 255
    covered = np.dstack([hand * alpha * _dimmed(rng), alpha]).astype(np.float32)
    if rng.random() < 0.3:
        covered = np.asarray(cv2.filter2D(covered, -1, smear(max(3.0, rng.uniform(0.08, 0.4) * longer), rng)))
    covered = np.asarray(cv2.GaussianBlur(covered, (0, 0), rng.uniform(0.4, 1.6)))
    under = pixels[top:bottom, left:right]
    under[:] = np.clip(covered[:, :, :3] + under * (1 - covered[:, :, 3:]), 0, 255).astype(np.uint8)


def _dimmed(rng: Rng) -> float:
    """How much of the room's light falls on the hand: sometimes the window is behind it."""
    return float(rng.uniform(0.2, 0.8)) if rng.random() < 0.2 else 1.0


def _reach(shape: tuple[int, ...], matrix: Matrix, size: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what an image of ``shape`` covers through ``matrix``, and some pixels more."""
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    seen = cv2.perspectiveTransform(corners[None], matrix)[0]
    low = np.clip(seen.min(axis=0) - _ROOM * size, 0, size).astype(int)
    high = np.clip(seen.max(axis=0) + _ROOM * size + 1, 0, size).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
