"""A camera for Chromium: an MJPEG file that it plays in a loop instead of asking for a device."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from core.workloads.rps.classes import CLASSES
from core.workloads.rps.detections import Pixels
from tests.live import COLOURS

WIDTH, HEIGHT = 640, 480
SQUARE = 160
"""What ``tests.colour_model`` takes for a hand."""


def write_film(path: Path, pictures: Iterable[Pixels]) -> Path:
    """An MJPEG of these pictures (all of one size); Chromium plays it at 30 a second."""
    with path.open("wb") as film:
        for picture in pictures:
            good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
            assert good
            film.write(data.tobytes())
    return path


def arguments(film: Path) -> list[str]:
    """What makes Chromium use the film, and not ask a person for the permission."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def squares(throw: str = "rock", frames: int = 60) -> Iterable[Pixels]:
    """A coloured square that moves to and fro: what the colour model calls ``throw``."""
    assert throw in CLASSES
    for number in range(frames):
        pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        left = 240 + 8 * round(10 * np.sin(2 * np.pi * number / frames))
        pixels[160 : 160 + SQUARE, left : left + SQUARE] = COLOURS[throw]
        yield pixels
