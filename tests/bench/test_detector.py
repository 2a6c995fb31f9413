"""The exported starter against ultralytics' own runners: the same webcam frames, in turns."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from core.vision.detections import Detections, Pixels
from core.workloads.rps import torch_setup
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH
from core.workloads.rps.matching import overlaps
from core.workloads.rps.render import render
from core.workloads.rps.starter import starter_folder
from tests.bench.table import Row, Table

SECTION = "Hands: one frame, 640x480, to boxes"
FRAMES, ROUNDS = 40, 3
WARM_UP = 12
"""Frames of one shape after which OpenVINO has prepared for it."""
FASTER, SAME = 2.5, 0.99
CONFIDENCE = 0.05
SHAPES = {"4:3": (480, 640), "square": (640, 640), "16:9": (360, 640), "portrait": (640, 360)}

Answer = Callable[[Pixels], Detections]


@pytest.fixture(scope="module")
def scenes() -> list[Pixels]:
    """Rendered scenes, 640 by 640."""
    return [render(seed, 640)[0] for seed in range(FRAMES)]


@pytest.fixture(scope="module")
def frames(scenes: list[Pixels]) -> list[Pixels]:
    """What a webcam sends: 640x480."""
    return [np.ascontiguousarray(scene[:480]) for scene in scenes]


def ultralytics_runner(file: Path, size: int) -> Answer:
    """Ultralytics' own way from a frame to boxes."""
    from ultralytics import YOLO

    model = YOLO(file, task="detect")

    def answer(frame: Pixels) -> Detections:
        told: Any = model.predict(frame, imgsz=size, conf=CONFIDENCE, verbose=False, device="cpu")[0].boxes
        return Detections(told.xyxy.numpy(), told.conf.numpy(), told.cls.numpy().astype(np.int64))

    return answer


def in_turns(contenders: dict[str, Answer], frames: list[Pixels]) -> dict[str, list[float]]:
    """Seconds per frame: all frames by one, then by the next, several times over.

    Not frame by frame: threads of the one before wait actively for more work, and would slow down the next. A live
    page has one runtime.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, answer in contenders.items():
            for number, frame in enumerate([*frames[:WARM_UP], *frames]):
                began = time.perf_counter()
                answer(frame)
                if number >= WARM_UP:
                    taken[name].append(time.perf_counter() - began)
    return taken


def test_the_exported_detector_is_fast_and_says_the_same(
    table: Table, scenes: list[Pixels], frames: list[Pixels], tmp_path: Path
) -> None:
    torch_setup.prepare()
    import torch

    form = starter_folder()
    openvino, onnx = ExportedDetector(form, "openvino"), ExportedDetector(form, "onnx")
    size = openvino.meta.size
    weights = Path(shutil.copyfile(form / "starter.pt", tmp_path / "starter.pt"))
    graph = Path(shutil.copyfile(form / GRAPH, tmp_path / "starter.onnx"))
    contenders: dict[str, Answer] = {
        "ultralytics, PyTorch": ultralytics_runner(weights, size),
        "ultralytics, ONNX": ultralytics_runner(graph, size),
        "ONNX Runtime": lambda frame: onnx.detect(frame, CONFIDENCE),
        "OpenVINO": lambda frame: openvino.detect(frame, CONFIDENCE),
    }
    torch.set_num_threads(2)
    taken = in_turns(contenders, frames)
    typical = {name: 1000 * median(values) for name, values in taken.items()}
    slow = {name: 1000 * float(np.percentile(values, 95)) for name, values in taken.items()}
    theirs = "ultralytics, PyTorch"
    for name in contenders:
        if name == theirs:
            continue
        ratio = typical[theirs] / typical[name]
        chosen = name == "ONNX Runtime"
        table.add(
            SECTION,
            Row(
                f"{name}, {size} px, median (95 %)",
                f"{typical[name]:.1f} ms ({slow[name]:.1f})",
                f"{theirs} {typical[theirs]:.1f} ms ({slow[theirs]:.1f})",
                f"{ratio:.1f} times",
                f"at least {FASTER:g} times" if chosen else "",
                ratio >= FASTER if chosen else None,
            ),
        )
    pictures = [np.ascontiguousarray(scene[:height, :width]) for height, width in SHAPES.values() for scene in scenes]
    reference = contenders[theirs]
    told = [reference(picture) for picture in pictures]
    same, all_boxes = agreement(told, [onnx.detect(picture, CONFIDENCE) for picture in pictures])
    share = same / max(all_boxes, 1)
    table.add(
        SECTION,
        Row(
            f"boxes equal to PyTorch's, IoU at least 0.95, on {', '.join(SHAPES)}",
            f"{share:.1%} of {all_boxes}",
            target=f"at least {SAME:.0%}",
            met=share >= SAME,
        ),
    )
    assert share >= SAME


def agreement(theirs: list[Detections], ours: list[Detections]) -> tuple[int, int]:
    """Boxes of theirs that ours have too, and how many boxes there are."""
    same = 0
    for first, second in zip(theirs, ours, strict=True):
        if len(first) and len(second):
            shares = overlaps(first.boxes, second.boxes) * (first.labels[:, None] == second.labels[None, :])
            same += int((shares.max(axis=1) >= 0.95).sum())
    return same, sum(max(len(first), len(second)) for first, second in zip(theirs, ours, strict=True))
