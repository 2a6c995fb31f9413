"""Pictures and detectors for tests, real ones: small, quick to learn, the same each time."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.images import LABELLED, WEBCAM, store
from core.images.snapshot import write_snapshot
from core.images.splits import split_of
from core.storage import datasets
from core.vision.boxes import NewBox, from_corners
from core.vision.detections import Pixels
from core.workloads.rps.classes import CLASSES
from tests.pictures_of_hands import HANDS

SIDE = 96

QUICK = {
    "SHIFUMI_RPS_HEAD": "false",
    "SHIFUMI_RPS_IMGSZ": "64",
    "SHIFUMI_RPS_EPOCHS": "2",
    "SHIFUMI_RPS_BATCH": "8",
    "SHIFUMI_RPS_FREEZE": "0",
    "SHIFUMI_RPS_TRAIN_THREADS": "1",
    "SHIFUMI_RPS_THREADS": "1",
    "SHIFUMI_RPS_DEVICE": "cpu",
}
"""Settings that make a training a matter of seconds."""


def sign(label: int, seed: int, *, known: bool = False) -> tuple[Pixels, NewBox]:
    """One sign for a throw on a noisy ground: a cross, a disc or a square, at a random place.

    In this order: the starter model takes discs for rock and crosses for scissors, and shall have to learn. ``known``:
    as it takes them.
    """
    random = np.random.default_rng(seed)
    pixels = random.integers(90, 150, (SIDE, SIDE, 3), dtype=np.uint8)
    size = int(random.integers(28, 44))
    left, top = (int(value) for value in random.integers(4, SIDE - size - 4, 2))
    shape = label if known else (2, 0, 1)[label]
    colour = ((40, 40, 220), (60, 200, 60), (220, 80, 40))[shape]
    right, bottom, middle = left + size, top + size, size // 2
    if shape == 0:
        cv2.circle(pixels, (left + middle, top + middle), middle, colour, -1)
    elif shape == 1:
        cv2.rectangle(pixels, (left, top), (right, bottom), colour, -1)
    else:
        cv2.line(pixels, (left, top), (right, bottom), colour, 8)
        cv2.line(pixels, (right, top), (left, bottom), colour, 8)
    corners = (float(left), float(top), float(right), float(bottom))
    return pixels, from_corners(CLASSES[label], corners, SIDE, SIDE, "human")


def session_in(split: str, number: int) -> str:
    """The ``number``-th name of a session that falls into ``split``."""
    found = [name for name in (f"take-{index}" for index in range(60 * (number + 1))) if split_of(name) == split]
    return found[number]


def add_signs(
    each: int, split: str, labels: tuple[int, ...] = (0, 1, 2), seed: int = 0, *, known: bool = False
) -> None:
    """Store ``each`` labelled pictures per class, in one session of that split."""
    for label in labels:
        for number in range(each):
            number_of_all = seed * 10_000 + 1000 * label + number + {"train": 0, "val": 300}.get(split, 600)
            pixels, box = sign(label, number_of_all, known=known)
            session = session_in(split, seed)
            store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session=session, boxes=[box], state=LABELLED)


def signs(
    train: int = 8, holdout: int = 4, labels: tuple[int, ...] = (0, 1, 2), seed: int = 0, *, known: bool = False
) -> Dataset:
    """A registered dataset with that many pictures per class in each of the two splits."""
    add_signs(train, "train", labels, seed, known=known)
    add_signs(holdout, "holdout", (0, 1, 2), seed, known=known)
    return snapshot()


def snapshot() -> Dataset:
    """All labelled pictures as the newest dataset."""
    return datasets.register(write_snapshot(HANDS), "rps", {"synthetic": 0}, SYSTEM)


def tiny_weights(folder: Path) -> Path:
    """A YOLO11 with a sixteenth of the smallest one's parameters, untrained: what is tested trains it."""
    from core.workloads.rps import torch_setup

    torch_setup.prepare()
    import torch
    import ultralytics
    import yaml
    from ultralytics import YOLO

    file = Path(os.fspath(ultralytics.__path__[0])) / "cfg" / "models" / "11" / "yolo11.yaml"
    described = yaml.safe_load(file.read_text(encoding="utf-8"))
    described |= {"nc": len(CLASSES), "scales": {"n": [0.33, 0.125, 256]}}
    (folder / "yolo11n.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    torch.manual_seed(0)
    model = YOLO(folder / "yolo11n.yaml", task="detect")
    model.model.names = dict(enumerate(CLASSES))
    model.save(folder / "tiny.pt")
    return folder / "tiny.pt"
