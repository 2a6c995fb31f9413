"""Images moved, turned, scaled and mirrored, together with their boxes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from tools.starter.photos import Boxes

Matrix = NDArray[np.float64]
"""Shape (3, 3): from pixels of an image to pixels of the view."""

_SEEN = 0.35
_SMALLEST = 7.0
_AROUND = np.linspace(0, 2 * np.pi, 16, endpoint=False)


@dataclass(frozen=True, slots=True)
class Pose:
    """How an image is shown: ``scale`` and ``stretch`` (width over height), a turn in degrees, mirrored or not.

    ``shear`` and ``tilt`` (change of depth over the view, as a share) stand for the camera's own pose.
    """

    scale: float
    stretch: float = 1.0
    turn: float = 0.0
    mirrored: bool = False
    shear: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)


def matrix_of(pose: Pose, centre: tuple[float, float], target: tuple[float, float], reach: float) -> Matrix:
    """The matrix that brings ``centre`` of the image to ``target`` of the view, posed around it.

    ``reach`` is the length in pixels of the view over which ``tilt`` is counted.
    """
    angle = np.deg2rad(pose.turn)
    across = pose.scale * np.sqrt(pose.stretch) * (-1 if pose.mirrored else 1)
    down = pose.scale / np.sqrt(pose.stretch)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turned @ np.array([[across, across * pose.shear], [0, down]])
    posed = np.eye(3)
    posed[:2, :2] = linear
    tilted = np.eye(3)
    tilted[2, :2] = np.array(pose.tilt) / reach
    return shifted(target) @ tilted @ posed @ shifted((-centre[0], -centre[1]))


def shifted(by: tuple[float, float]) -> Matrix:
    """The matrix that moves everything that far to the right and down."""
    matrix = np.eye(3)
    matrix[:2, 2] = by
    return matrix


def view(
    pixels: Pixels, boxes: Boxes, matrix: Matrix, size: tuple[int, int], under: Pixels | int
) -> tuple[Pixels, Boxes]:
    """The image through ``matrix`` in a view of ``size`` (width, height); ``under`` shows where it does not reach."""
    moved = move_boxes(boxes, matrix, size)
    while abs(np.linalg.det(matrix[:2, :2])) < 0.3 and min(pixels.shape[:2]) >= 64:
        # A warp looks at four pixels only: halve first, so that fine patterns do not flicker.
        pixels = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ np.diag([2.0, 2.0, 1.0])
    if isinstance(under, int):
        shown = cv2.warpPerspective(pixels, matrix, size, borderValue=(under, under, under))
    else:
        shown = cv2.warpPerspective(pixels, matrix, size, dst=under.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(shown, np.uint8), moved


def move_boxes(boxes: Boxes, matrix: Matrix, size: tuple[int, int]) -> Boxes:
    """Boxes through ``matrix``, cut at the edges of the view; those hardly in it, or tiny there, go.

    A hand is rounder than its box: the ellipse in the box is what is turned, which keeps boxes tight.
    """
    if not len(boxes):
        return boxes
    middle, half = (boxes[:, 1:3] + boxes[:, 3:5]) / 2, (boxes[:, 3:5] - boxes[:, 1:3]) / 2
    turned = abs(matrix[0, 1]) + abs(matrix[1, 0]) > 1e-6
    if turned:
        outline = np.stack([np.cos(_AROUND), np.sin(_AROUND)], axis=1)
    else:
        outline = np.array([[-1.0, -1.0], [1, -1], [1, 1], [-1, 1]])
    points = (middle[:, None] + half[:, None] * outline).astype(np.float64)
    moved = cv2.perspectiveTransform(points.reshape(-1, 1, 2), matrix).reshape(len(boxes), -1, 2)
    low, high = moved.min(axis=1), moved.max(axis=1)
    area = (high - low).prod(axis=1)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    sides = high - low
    kept = (sides.prod(axis=1) > _SEEN * area) & (sides.max(axis=1) >= _SMALLEST)
    return np.asarray(np.concatenate([boxes[:, :1], low, high], axis=1)[kept], np.float32)
