"""What lighting, lenses, sensors and codecs do to an image, drawn at random.

Written for speed, because each training image goes through it: colours by table and by matrix, noise from a stock.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels

Values = NDArray[np.float32]
"""An image with values around 0 to 255, shape (height, width, 3)."""

_GREY = np.full((3, 3), 1 / 3, np.float32)


def relight(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The same image under other light, through another camera. Nothing moves, so boxes stay."""
    values = np.asarray(cv2.LUT(pixels, _curves(rng)) if rng.random() < 0.9 else pixels, np.float32)
    if rng.random() < 0.6:
        values = np.asarray(cv2.transform(values, _colours(rng)), np.float32)
    if rng.random() < 0.25:
        values = _shaded(values, rng)
    values = _softened(values, rng)
    if rng.random() < 0.3:
        values = values + _noise(values.shape[0], values.shape[1], rng) * np.float32(rng.uniform(1, 16))
    shown = np.asarray(cv2.convertScaleAbs(np.maximum(values, 0)), np.uint8)
    return _compressed(shown, rng) if rng.random() < 0.35 else shown


def _curves(rng: np.random.Generator) -> Values:
    """A table from each channel's 256 values: gamma, contrast, brightness, white balance; rarely a coloured lamp."""
    gamma, contrast = np.exp(rng.normal(0, 0.3)), np.exp(rng.normal(0, 0.25))
    gains = np.exp(rng.normal(0, 0.35 if rng.random() < 0.12 else 0.1, 3))
    curve = (np.linspace(0, 1, 256) ** gamma - 0.5) * contrast + 0.5 + rng.normal(0, 0.08)
    return np.asarray(255 * curve[:, None] * (gains / gains.mean()), np.float32)[:, None, :]


def _colours(rng: np.random.Generator) -> Values:
    """A matrix over the channels: another saturation, a turn of hues about the grey axis, sometimes no colour."""
    if rng.random() < 0.15:
        return _GREY
    saturation = np.float32(rng.uniform(0.3, 1.7))
    degrees = rng.normal(0, 60 if rng.random() < 0.1 else 10)
    turn, _ = cv2.Rodrigues(np.full(3, np.deg2rad(degrees) / np.sqrt(3)))
    matrix: Values = (turn @ (_GREY + saturation * (np.eye(3) - _GREY))).astype(np.float32)
    return matrix


def _shaded(values: Values, rng: np.random.Generator) -> Values:
    """A light or a shadow that falls off over the image."""
    coarse = np.exp(rng.normal(0, 0.45, (rng.integers(2, 5), rng.integers(2, 5)))).astype(np.float32)
    field = np.asarray(cv2.resize(coarse, (values.shape[1], values.shape[0])), np.float32)
    return np.asarray(values * field[:, :, None], np.float32)


def _softened(values: Values, rng: np.random.Generator) -> Values:
    """Out of focus, moved, or seen by a camera with fewer pixels; mostly none of them."""
    kind = rng.random()
    if kind < 0.1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), rng.uniform(0.5, 1.8)), np.float32)
    if kind < 0.2:
        return np.asarray(cv2.filter2D(values, -1, smear(float(rng.integers(3, 9)), rng)), np.float32)
    if kind < 0.32:
        height, width = values.shape[:2]
        scale = rng.uniform(0.35, 0.8)
        small = cv2.resize(values, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height)), np.float32)
    return values


def smear(reach: float, rng: np.random.Generator) -> Values:
    """A line of ``reach`` pixels in some direction: what a point becomes while it moves."""
    length = round(reach)
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    start, end = (np.full(2, (length - 1) / 2) - along), (np.full(2, (length - 1) / 2) + along)
    cv2.line(kernel, tuple(start.round().astype(int).tolist()), tuple(end.round().astype(int).tolist()), 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


@functools.cache
def _stock() -> Values:
    return np.random.default_rng(0).standard_normal((720, 720, 3)).astype(np.float32)


def _noise(height: int, width: int, rng: np.random.Generator) -> Values:
    """Normal noise: somewhere in a stock of it, because fresh noise costs more than all the rest."""
    stock = _stock()
    top, left = rng.integers(stock.shape[0] - height), rng.integers(stock.shape[1] - width)
    return stock[top : top + height, left : left + width]


def _compressed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 85))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
