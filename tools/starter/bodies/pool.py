"""Many cut-out hands in one small file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.starter.bodies.rendered_hand import Shown
from tools.starter.cutouts import Cutout

SOURCE = "bodies"
_QUALITY = 88


def packed(hand: Shown) -> bytes:
    """A hand as WebP with its transparency. What nothing shows of is filled with the hand's mean colour: smaller."""
    covered = hand.alpha > 0
    pixels = hand.pixels.copy()
    pixels[~covered] = pixels[covered].mean(0).astype(np.uint8) if covered.any() else 0
    alpha = np.where(hand.alpha < 8, 0, np.where(hand.alpha > 247, 255, hand.alpha // 16 * 17)).astype(np.uint8)
    done, data = cv2.imencode(".webp", np.dstack([pixels, alpha]), [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    if not done:
        raise ValueError("This picture cannot be packed as WebP.")
    return data.tobytes()


def write_bodies(path: Path, hands: Iterable[tuple[bytes, NDArray[np.float32]]]) -> int:
    """Packed hands and their boxes into one file; how many there were."""
    pairs = list(hands)
    ends = np.cumsum([len(data) for data, _ in pairs]).astype(np.int64)
    boxes = np.stack([box for _, box in pairs]).astype(np.float32)
    with path.open("wb") as file:
        np.savez(file, data=np.frombuffer(b"".join(data for data, _ in pairs), np.uint8), ends=ends, boxes=boxes)
    return len(pairs)


def read_bodies(path: Path) -> list[Cutout]:
    """The hands in a file of :func:`write_bodies`. A box labelled -1: a hand without a throw.

    Raises ``ValueError`` when an image in it is damaged.
    """
    with np.load(path, allow_pickle=False) as stored:
        data, ends, boxes = stored["data"], stored["ends"], stored["boxes"]
    starts = np.concatenate([[0], ends[:-1]])
    return [
        _unpacked(f"{SOURCE}_{index:05d}", data[start:end], box)
        for index, (start, end, box) in enumerate(zip(starts, ends, boxes, strict=True))
    ]


def _unpacked(name: str, data: NDArray[np.uint8], box: NDArray[np.float32]) -> Cutout:
    both = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if both is None or both.ndim != 3 or both.shape[2] != 4:
        raise ValueError(f"{name} is damaged.")
    pixels, alpha = np.ascontiguousarray(both[:, :, :3]), np.ascontiguousarray(both[:, :, 3])
    return Cutout(name, SOURCE, np.asarray(pixels, np.uint8), np.asarray(alpha, np.uint8), box)
