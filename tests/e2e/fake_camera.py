"""A camera for Chromium: an MJPEG file that it plays in a loop instead of asking for a device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from core.vision.detections import Pixels
from core.workloads.rps.classes import CLASSES
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


class ChangingFilm:
    """A film whose pictures may be changed while the camera shows it.

    Uncompressed (Y4M), which Chromium reads frame by frame: new pictures of the same size and number are written
    over the old ones. Ten frames a second, so that a stream beside a training leaves a small machine some time.
    """

    _HEADER = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()

    def __init__(self, path: Path, pictures: Sequence[Pixels]) -> None:
        self.path = path
        self._count = len(pictures)
        path.write_bytes(self._data(pictures))

    def show(self, pictures: Sequence[Pixels]) -> None:
        """From now on these."""
        assert len(pictures) == self._count
        with self.path.open("r+b") as film:
            film.write(self._data(pictures))

    def _data(self, pictures: Sequence[Pixels]) -> bytes:
        frames = (cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes() for picture in pictures)
        return self._HEADER + b"".join(b"FRAME\n" + frame for frame in frames)


_COLOURS = {"rock": (40, 40, 220), "paper": (60, 200, 60), "scissors": (220, 80, 40)}
_PATTERNS = {
    "rock": ("#.#.", ".#.#", "#.#.", ".#.#"),
    "paper": ("#.#.#.",) * 6,
    "scissors": ("  #  ", "  #  ", "#####", "  #  ", "  #  "),
}
"""In colour, dark, or nothing. Tried with VP8 from 640×480 at 1,000 kbit/s down to 160×120 at 60, as a busy machine
sends it: the starter model puts no box of the right name where the sign is, and none that it is sure of anywhere. A
plain square it takes for a hand as soon as the video is poor."""
_SIGN = 300


def new_signs(throw: str, frames: int = 20) -> list[Pixels]:
    """A sign of which the starter model knows nothing and which a short training learns, each frame at another place.

    It fills the guide box, nearly.
    """
    return [_sign(throw, number) for number in range(frames)]


def _sign(throw: str, seed: int) -> Pixels:
    random = np.random.default_rng(seed)
    ground = random.integers(90, 150, (24, 32, 3), dtype=np.uint8)
    pixels = cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    left, top = 170 + int(random.integers(-16, 17)), 90 + int(random.integers(-16, 17))
    cell = _SIGN // len(_PATTERNS[throw])
    for row, line in enumerate(_PATTERNS[throw]):
        for column, mark in enumerate(line):
            if mark != " ":
                y, x = top + row * cell, left + column * cell
                pixels[y : y + cell, x : x + cell] = _COLOURS[throw] if mark == "#" else (30, 30, 30)
    return np.asarray(pixels, np.uint8)
