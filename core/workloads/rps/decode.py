"""Decodes the raw output of a YOLO head to boxes, in NumPy and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detections, no_detections

_OVERLAP = 0.7
_MOST = 300


def decode(head: NDArray[np.float32], confidence: float, overlap: float = _OVERLAP) -> Detections:
    """Boxes in pixels of the network's input, most confident first, at most 300.

    ``head`` has shape (4 + classes, anchors): see :mod:`core.workloads.rps.export`. Each anchor predicts its best
    class; then non-maximum suppression per class removes a box that overlaps a more confident one by more than
    ``overlap`` (intersection over union).
    """
    scores = head[4:]
    best = scores.max(axis=0)
    confident = np.flatnonzero(best > confidence)
    if not len(confident):
        return no_detections()
    labels = scores[:, confident].argmax(axis=0)
    confidences = best[confident]
    corners = _corners(head[:4, confident].T)
    kept = _suppressed(corners, confidences, labels, overlap)
    return Detections(corners[kept], confidences[kept], labels[kept].astype(np.int64))


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def _suppressed(
    corners: NDArray[np.float32], confidences: NDArray[np.float32], labels: NDArray[np.int64], overlap: float
) -> NDArray[np.int64]:
    """Indices of the remaining boxes, most confident first."""
    # OpenCV wants left, top, width, height; 0 as its own threshold, because that choice was made before.
    sized = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    suppress: Any = cv2.dnn.NMSBoxesBatched  # arrays are fine, its type stubs want lists
    kept = suppress(sized, confidences, labels.astype(np.int32), 0.0, overlap)
    indices = np.asarray(kept, dtype=np.int64).reshape(-1)
    return indices[np.argsort(-confidences[indices], kind="stable")][:_MOST]
