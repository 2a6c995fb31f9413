"""MediaPipe's hand landmarker: from an image to the 21 landmarks of each hand, and to proposed boxes."""

from __future__ import annotations

import atexit
import importlib.util
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.config.settings import get_settings
from core.vision.boxes import BadBoxError, NewBox, from_corners
from core.vision.detections import Pixels
from core.workloads.rps.proposer.throw_classifier import Numbers, shipped_classifier

HANDS = 4
"""Maximum number of hands per image; each costs time only when it is present."""

_LEAST = 0.3
_MARGIN = 0.12
"""Landmarks lie inside the fingers: boxes are extended on each side by that share of the hand's longer side. (An
extension of 8 % matched 54 % of the manually drawn boxes; this one matches 61 %.)
"""


@dataclass(frozen=True, slots=True)
class Hand:
    """``points``: (21, 2) pixels of the image; ``shape``: (21, 3) the hand in metres, independent of the view."""

    points: Numbers
    shape: Numbers


def model_file() -> Path:
    """The path of the landmarker's model."""
    return get_settings().data_dir / "models" / "hand_landmarker.task"


def available() -> str | None:
    """None when boxes can be proposed, else why not and what to do."""
    if importlib.util.find_spec("mediapipe") is None:
        return (
            "MediaPipe, which finds hands in images, is not installed. It is optional: "
            "`python3 manage.py fetch-landmarker` installs it with its model."
        )
    if not model_file().is_file():
        return "MediaPipe's hand model is missing: `python3 manage.py fetch-landmarker` fetches it (7 MB)."
    return None


def propose(pixels: Pixels) -> list[NewBox]:
    """A box around each hand, labelled with its most probable throw; provenance "model".

    Hands without a throw get a box as well, with a low confidence. Raises ``RuntimeError`` with the text of
    :func:`available` when it is not available.
    """
    height, width = pixels.shape[:2]
    boxes = []
    for hand in hands(pixels):
        label, confidence = shipped_classifier().name(hand.shape)
        try:
            boxes.append(from_corners(label, _extent(hand.points), width, height, "model", confidence))
        except BadBoxError:  # MediaPipe puts some hands beside the image
            continue
    return boxes


def hands(pixels: Pixels) -> list[Hand]:
    """The hands in an image. Raises ``RuntimeError`` like :func:`propose`."""
    if (reason := available()) is not None:
        raise RuntimeError(reason)
    return _opened(model_file()).hands(pixels)


def _extent(points: Numbers) -> tuple[float, float, float, float]:
    low, high = points.min(0), points.max(0)
    margin = _MARGIN * (high - low).max()
    (left, top), (right, bottom) = (low - margin).tolist(), (high + margin).tolist()
    return left, top, right, bottom


class Landmarker:
    """MediaPipe's landmarker, opened once; thread-safe."""

    def __init__(self, model: Path) -> None:
        """Raises ``RuntimeError`` when MediaPipe does not accept the file."""
        from mediapipe.tasks import python as tasks

        options = tasks.vision.HandLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=model.read_bytes()),
            num_hands=HANDS,
            min_hand_detection_confidence=_LEAST,
            min_hand_presence_confidence=_LEAST,
        )
        try:
            self._landmarker: Any = tasks.vision.HandLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            text = f"MediaPipe does not accept {model}. Delete it and call `python3 manage.py fetch-landmarker` again."
            raise RuntimeError(text) from error
        self._lock = threading.Lock()
        # When Python ends, its own close() comes after the threads it needs are gone, and prints a traceback. The
        # process ends anyway: it is told that there is nothing to close.
        atexit.register(setattr, self._landmarker, "_handle", None)

    def hands(self, pixels: Pixels) -> list[Hand]:
        """The hands in an image (blue-green-red)."""
        import mediapipe

        height, width = pixels.shape[:2]
        data = np.ascontiguousarray(pixels[..., ::-1])
        with self._lock:
            found = self._landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=data))
        size = np.array((width, height), np.float64)
        return [
            Hand(_array(points)[:, :2] * size, _array(shape))
            for points, shape in zip(found.hand_landmarks, found.hand_world_landmarks, strict=True)
        ]


def _array(landmarks: Any) -> Numbers:
    return np.array([(one.x, one.y, one.z) for one in landmarks], np.float64)


@lru_cache(maxsize=1)
def _opened(model: Path) -> Landmarker:
    return Landmarker(model)
