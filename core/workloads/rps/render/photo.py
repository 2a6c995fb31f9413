"""Simulates a camera: blur, exposure, colour cast, vignette, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np

from core.vision.detections import Pixels
from core.workloads.rps.render.arrays import Floats


def develop(scene: Floats, random: np.random.Generator) -> Pixels:
    """The photograph of a scene (float32, 0 to 1, blue-green-red), shape kept."""
    scene = _blurred(scene, random)
    scene = _exposed(scene, random)
    scene = _noisy(scene, random)
    return _compressed(np.clip(scene * 255, 0, 255).astype(np.uint8), random)


def streak(length: float, angle: float) -> Floats:
    """A motion-blur kernel: a line of that many pixels."""
    size = max(int(length) | 1, 3)
    kernel = np.zeros((size, size), np.float32)
    middle, reach = size // 2, length / 2
    ends = [(middle + s * reach * np.cos(angle), middle + s * reach * np.sin(angle)) for s in (-1, 1)]
    first, last = (tuple(round(16 * value) for value in end) for end in ends)
    cv2.line(kernel, first, last, 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(kernel / kernel.sum())


def _blurred(scene: Floats, random: np.random.Generator) -> Floats:
    """Sharp, out of focus, shaken, or enlarged from fewer pixels."""
    size, kind = len(scene), random.random()
    if kind < 0.25:
        return _floats(cv2.GaussianBlur(scene, (0, 0), random.uniform(0.3, 1.5) * size / 320))
    if kind < 0.37:
        return _floats(cv2.filter2D(scene, -1, streak(random.uniform(2, 9) * size / 320, random.uniform(0, np.pi))))
    if kind < 0.5:
        fewer = int(size * random.uniform(0.4, 0.8))
        return _floats(cv2.resize(cv2.resize(scene, (fewer, fewer), interpolation=cv2.INTER_AREA), (size, size)))
    return scene


def _floats(picture: cv2.typing.MatLike) -> Floats:
    return np.asarray(picture, np.float32)


def _exposed(scene: Floats, random: np.random.Generator) -> Floats:
    """Exposure, contrast, white balance, now and then a coloured room or no colour at all."""
    # Cameras expose by the mean brightness; they go part of the way.
    wished, mean = random.uniform(0.28, 0.6), max(float(scene[::4, ::4].mean()), 0.02)
    scene = np.clip(scene * np.float32((wished / mean) ** random.uniform(0.4, 0.9)), 0, 1)
    contrast, middle = random.uniform(0.75, 1.2), random.normal(0.45, 0.04)
    cast = 1 + (random.normal(0, 0.05, 3) if random.random() < 0.9 else random.uniform(-0.35, 0.2, 3))
    # Contrast about the middle, then the cast, in one pass over the pixels: (scene - 0.45) * contrast + middle.
    mixed = np.column_stack((np.diag(cast * contrast), cast * (middle - 0.45 * contrast)))
    scene = _floats(cv2.transform(scene, mixed))
    if random.random() < 0.06:
        scene = np.repeat(scene.mean(2, keepdims=True), 3, 2)
    if random.random() < 0.3:
        along = np.linspace(-1, 1, len(scene), dtype=np.float32) ** 2
        scene = scene * (1 - np.float32(random.uniform(0, 0.3)) * (along[None] + along[:, None]) / 2)[..., None]
    return np.asarray(scene, np.float32)


def _noisy(scene: Floats, random: np.random.Generator) -> Floats:
    """Sensor noise, stronger in dark rooms; coarse when the camera smooths it."""
    strength = np.float32(random.gamma(1.2, 0.012))
    if strength < 0.003:
        return scene
    # Two bytes make triangular noise: blurred and compressed, nobody tells it from a Gaussian, and it is cheap.
    raw = np.frombuffer(random.bytes(2 * scene.size), np.int8).reshape(2, *scene.shape)
    grain = np.add(raw[0], raw[1], dtype=np.float32) * np.float32(1 / 104)
    if random.random() < 0.4:
        grain = _floats(cv2.blur(grain, (2, 2))) * np.float32(1.8)
    return np.asarray(scene + strength * grain)


def _compressed(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """As JPEG leaves it."""
    quality = int(random.uniform(30, 96))
    _, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
