"""A workload with labels that people make, and images of its members: drawn, and clearly different from each other."""

from __future__ import annotations

import cv2
import numpy as np

from core.auth.roles import SYSTEM
from core.images import UPLOAD, labels, store
from core.images.splits import split_of
from core.vision.boxes import whole_image
from core.vision.detections import Pixels
from core.workloads.image_collections import collection_of

MEMBERS = ("Ada", "Ben", "Cleo")


def portrait(member: int, seed: int) -> Pixels:
    """Somebody before a noisy wall: each member has a shirt, a pattern and hair of their own; shape (120, 160, 3)."""
    random = np.random.default_rng(1_000 * member + seed)
    pixels = random.integers(100, 150, (120, 160, 3), dtype=np.uint8)
    middle, top = int(random.integers(60, 100)), int(random.integers(20, 36))
    shirt = ((40, 40, 210), (60, 170, 50), (200, 90, 40))[member]
    hair = ((20, 20, 20), (60, 200, 240), (230, 230, 230))[member]
    cv2.rectangle(pixels, (middle - 38, top + 40), (middle + 38, 119), shirt, -1)
    for line in range(top + 44, 119, 12):
        if member == 1:
            cv2.line(pixels, (middle - 38, line), (middle + 38, line), (255, 255, 255), 3)
        if member == 2:
            cv2.circle(pixels, (middle - 20 + (line % 40), line), 4, (20, 20, 20), -1)
    cv2.ellipse(pixels, (middle, top + 16), (17, 22), 0, 0, 360, (150, 180, 220), -1)
    cv2.ellipse(pixels, (middle, top), (19, 12), 0, 180, 360, hair, -1)
    return pixels


def session_in(split: str, number: int = 0) -> str:
    """The ``number``-th name of a session that falls into ``split``."""
    found = [name for name in (f"group-{index}" for index in range(60 * (number + 1))) if split_of(name) == split]
    return found[number]


def make_members(workload: str, names: tuple[str, ...] = MEMBERS) -> None:
    """The labels, in the catalog."""
    for name in names:
        labels.add(SYSTEM, workload, name)


def add_portraits(workload: str, split: str, each: int, members: tuple[int, ...] = (0, 1, 2), seed: int = 0) -> None:
    """``each`` labelled images per member, in one session of that split."""
    collection = collection_of(workload)
    for member in members:
        for number in range(each):
            boxes = [whole_image(MEMBERS[member], "human")]
            pixels = portrait(member, seed + number + {"train": 0, "val": 300}.get(split, 600))
            store.add(SYSTEM, pixels, collection, source=UPLOAD, session=session_in(split), boxes=boxes)
