"""The model that ships: whole, small, as described, and better than chance where there is nothing real to look at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.vision.boxes import NewBox
from core.vision.detections import Detections, Pixels
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH, META, digest_of, read_meta
from core.workloads.rps.head.replay import REPLAY
from core.workloads.rps.matching import overlaps
from core.workloads.rps.render import render
from core.workloads.rps.starter import starter_folder
from tools.starter.half_precision import halve

CARD = starter_folder() / "MODEL_CARD.md"


def test_the_files_are_those_that_the_description_and_the_card_name() -> None:
    meta = read_meta(starter_folder())
    card = CARD.read_text(encoding="utf-8")
    assert meta.sha256 == digest_of(starter_folder() / GRAPH)
    assert meta.sha256 in card
    assert digest_of(starter_folder() / "starter.pt") in card
    assert digest_of(starter_folder() / REPLAY) in card
    assert json.loads((starter_folder() / META).read_text())["classes"] == list(CLASSES)


def test_the_files_are_small_enough_for_a_repository() -> None:
    assert sum(file.stat().st_size for file in starter_folder().iterdir()) < 15_000_000


@pytest.fixture(scope="module")
def scenes() -> list[tuple[Pixels, list[NewBox]]]:
    """Of seeds that no training used."""
    return [render(seed, 320) for seed in range(900_000, 900_040)]


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_it_finds_and_names_rendered_hands_better_than_chance(
    scenes: list[tuple[Pixels, list[NewBox]]], runtime: str
) -> None:
    """A detector that names at random is right on a third of what it finds."""
    detector = ExportedDetector(starter_folder(), runtime)
    detector.smoke()
    hands = found = named = 0
    for pixels, boxes in scenes:
        large = [box for box in boxes if min(box.width, box.height) > 0.1]
        hands += len(large)
        for box in large:
            labels = over(detector.detect(pixels), box, 320)
            found += bool(len(labels))
            named += bool(len(labels)) and CLASSES[labels[0]] == box.label
    assert hands >= 20
    assert found > hands * 0.5
    assert named > found * 0.55


def over(said: Detections, box: NewBox, side: int) -> np.ndarray:
    """Labels of the boxes over this hand, most confident first."""
    corners = [box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2]
    place = np.array([corners], np.float32) * side
    return said.labels[overlaps(said.boxes, place)[:, 0] >= 0.5]


def test_halving_keeps_a_graphs_answers_and_takes_half_its_size(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(0, 0.1, (64, 32, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 32, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64, 8, 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    file = tmp_path / "one.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    before, size = answer(file), file.stat().st_size
    halve(file)
    assert answer(file) == pytest.approx(before, abs=2e-3)
    assert file.stat().st_size < 0.55 * size


def answer(file: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    values = np.random.default_rng(1).normal(0, 1, (1, 32, 8, 8)).astype(np.float32)
    return np.asarray(session.run(None, {"x": values})[0])
