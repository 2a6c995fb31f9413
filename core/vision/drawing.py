"""Draws boxes and text on a frame."""

from __future__ import annotations

import cv2
import numpy as np

from core.vision.detections import Pixels
from core.vision.tracks import ShownBox

Colour = tuple[int, int, int]

MAIN: Colour = (208, 111, 74)
"""Blue-green-red: the workbench's accent."""
RIVAL: Colour = (0, 140, 255)
"""Orange, for the model used for comparison."""
_INK: Colour = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def mirrored(pixels: Pixels) -> Pixels:
    """A horizontally flipped copy."""
    return np.asarray(cv2.flip(pixels, 1), np.uint8)


def mirrored_box(shown: ShownBox, width: int) -> ShownBox:
    """The box on the mirrored image of that width."""
    left, top, right, bottom = shown.box
    return ShownBox((width - right, top, width - left, bottom), shown.name, shown.confidence)


def draw_box(pixels: Pixels, shown: ShownBox, colour: Colour, below: bool = False) -> None:
    """Draw a box with name and confidence into ``pixels``; ``below`` puts the text under it."""
    left, top, right, bottom = (round(value) for value in shown.box)
    thickness = max(2, pixels.shape[0] // 160)
    cv2.rectangle(pixels, (left, top), (right, bottom), colour, thickness)
    text = f"{shown.name} {100 * shown.confidence:.0f}%"
    scale = pixels.shape[0] / 800
    (width, height), _ = cv2.getTextSize(text, _FONT, scale, 1)
    height += 8
    base = min(bottom + height, pixels.shape[0]) if below else max(top, height)
    cv2.rectangle(pixels, (left, base - height), (left + width + 8, base), colour, cv2.FILLED)
    cv2.putText(pixels, text, (left + 4, base - 5), _FONT, scale, _INK, 1, cv2.LINE_AA)


def draw_words(pixels: Pixels, words: str, size: float = 1.0) -> None:
    """Draw large text in the middle of the upper half of ``pixels``, readable on any background."""
    scale, thickness = size * pixels.shape[0] / 240, max(2, round(size * pixels.shape[0] / 120))
    (width, height), _ = cv2.getTextSize(words, _FONT, scale, thickness)
    if width > pixels.shape[1] * 0.96:
        draw_words(pixels, words, size * 0.9 * pixels.shape[1] / width)
        return
    place = ((pixels.shape[1] - width) // 2, round(pixels.shape[0] * 0.12) + height)
    cv2.putText(pixels, words, place, _FONT, scale, (0, 0, 0), thickness * 3, cv2.LINE_AA)
    cv2.putText(pixels, words, place, _FONT, scale, _INK, thickness, cv2.LINE_AA)


def draw_guide(pixels: Pixels, frame: tuple[float, float, float, float], colour: Colour) -> None:
    """Draw a thin guide box (left, top, right, bottom as shares) into ``pixels``."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = frame
    corners = (round(left * width), round(top * height)), (round(right * width), round(bottom * height))
    cv2.rectangle(pixels, *corners, colour, 1, cv2.LINE_AA)
