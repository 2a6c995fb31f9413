"""The exported detector: the same boxes as PyTorch, from any picture, in any runtime, and no damaged file."""

from __future__ import annotations

import importlib.util
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.settings import get_settings
from core.workloads.rps import runtimes, torch_setup
from core.workloads.rps.decode import decode
from core.workloads.rps.detections import Detections, Pixels
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH, META, ExportError, digest_of, export_weights, read_meta
from core.workloads.rps.letterbox import letterbox
from core.workloads.rps.matching import overlaps
from core.workloads.rps.render import render
from core.workloads.rps.starter import starter_folder
from tests.hands import tiny_weights

SHAPES = ((320, 320), (240, 320), (480, 200), (97, 301))


@pytest.fixture(scope="module")
def photographs() -> list[Pixels]:
    """Rendered hands, cut to landscape, portrait and square."""
    found = [render(seed, 480)[0] for seed in range(16)]
    return [
        np.ascontiguousarray(pixels[:height, :width]) for pixels, (height, width) in zip(found, SHAPES * 4, strict=True)
    ]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served form of an untrained network for pictures of 64 px."""
    folder = tmp_path_factory.mktemp("tiny")
    export_weights(tiny_weights(folder), folder / "form", 64)
    return folder / "form"


@pytest.fixture
def form(tiny: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny, tmp_path / "form"))


def same(first: Detections, second: Detections) -> int:
    """How many boxes of ``first`` stand in ``second``: the same class, overlapping by 95 %."""
    if not len(first) or not len(second):
        return 0
    shares = overlaps(first.boxes, second.boxes) * (first.labels[:, None] == second.labels[None, :])
    return int((shares.max(axis=1) >= 0.95).sum())


def test_boxes_are_those_of_pytorch(photographs: list[Pixels]) -> None:
    """The exported starter against ultralytics' own way with the weights, boxes down to one per cent."""
    torch_setup.prepare()
    from ultralytics import YOLO

    model, detector = YOLO(starter_folder() / "starter.pt"), ExportedDetector(starter_folder())
    size, all_boxes, kept = detector.meta.size, 0, 0
    for pixels in photographs:
        # rect=False: the exported graph takes squares.
        told = model.predict(pixels, imgsz=size, conf=0.05, rect=False, verbose=False, device="cpu")[0].boxes
        theirs = Detections(told.xyxy.numpy(), told.conf.numpy(), told.cls.numpy().astype(np.int64))
        ours = detector.detect(pixels, 0.05)
        all_boxes += max(len(theirs), len(ours))
        kept += same(theirs, ours)
    assert all_boxes >= 30, "too few boxes to judge by"
    assert kept / all_boxes >= 0.99


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_each_runtime_finds_the_same_boxes(name: str, photographs: list[Pixels]) -> None:
    reference, other = ExportedDetector(starter_folder(), "onnx"), ExportedDetector(starter_folder(), name)
    assert other.runtime.name == name
    pairs = [(reference.detect(pixels, 0.05), other.detect(pixels, 0.05)) for pixels in photographs]
    assert sum(len(first) for first, _ in pairs) >= 30
    assert sum(same(first, second) for first, second in pairs) >= 0.99 * sum(len(first) for first, _ in pairs)


def test_without_onnx_runtime_openvino_takes_over(monkeypatch: pytest.MonkeyPatch, form: Path) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "onnxruntime" else real(name, *rest)
    )
    assert runtimes.available() == ("openvino",)
    detector = ExportedDetector(form)
    detector.smoke()
    assert detector.runtime.name == "openvino"


def test_without_any_runtime_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, form: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_given: None)
    with pytest.raises(ImportError, match=r"manage\.py doctor"):
        ExportedDetector(form)


def test_a_person_may_choose_the_runtime(monkeypatch: pytest.MonkeyPatch, form: Path) -> None:
    assert ExportedDetector(form).runtime.name == "onnx"
    monkeypatch.setenv("SHIFUMI_RPS_RUNTIME", "openvino")
    get_settings.cache_clear()
    assert ExportedDetector(form).runtime.name == "openvino"


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_threads_share_a_detector(name: str, photographs: list[Pixels]) -> None:
    detector = ExportedDetector(starter_folder(), name)
    alone = [detector.detect(pixels, 0.05).boxes for pixels in photographs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pixels: detector.detect(pixels, 0.05).boxes, photographs * 3))
    for index, boxes in enumerate(together):
        np.testing.assert_allclose(boxes, alone[index % len(alone)], atol=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (7, 900), (900, 7), (64, 64), (720, 1280)])
def test_a_picture_of_any_shape_is_answered(form: Path, shape: tuple[int, int]) -> None:
    found = ExportedDetector(form).detect(np.full((*shape, 3), 200, np.uint8), 0.001)
    assert (found.boxes >= 0).all()
    assert (found.boxes <= np.array([shape[1], shape[0]] * 2)).all()
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_find_their_way_back(shape: tuple[int, int]) -> None:
    """A white patch keeps its place: into the square and back."""
    height, width = shape
    pixels = np.zeros((height, width, 3), np.uint8)
    box = np.array([width // 4, height // 4, width // 2, height // 2])
    pixels[box[1] : box[3], box[0] : box[2]] = 255
    square, placement = letterbox(pixels, 320)
    inside = np.argwhere(square[:, :, 0] > 127)
    (top, left), (bottom, right) = inside.min(axis=0), inside.max(axis=0) + 1
    back = placement.to_picture(np.array([[left, top, right, bottom]], np.float32))[0]
    np.testing.assert_allclose(back, box, atol=2 / placement.scale)


def head(*anchors: tuple[float, float, float, float, float, float, float]) -> Any:
    return np.array(anchors, np.float32).T


def test_boxes_that_overlap_are_suppressed_within_their_class_only() -> None:
    found = decode(
        head(
            (50, 50, 40, 40, 0.9, 0, 0),
            (52, 50, 40, 40, 0.8, 0, 0),
            (50, 50, 40, 40, 0, 0.7, 0),
            (150, 50, 40, 40, 0.6, 0, 0),
            (250, 50, 40, 40, 0.2, 0, 0),
        ),
        confidence=0.25,
    )
    assert found.labels.tolist() == [0, 1, 0]
    assert found.scores.tolist() == pytest.approx([0.9, 0.7, 0.6])
    assert found.boxes[0].tolist() == [30, 30, 70, 70]


def test_nothing_sure_enough_is_nothing() -> None:
    assert len(decode(head((50, 50, 40, 40, 0.2, 0.1, 0)), 0.25)) == 0


def test_a_changed_graph_is_refused(form: Path) -> None:
    damaged = bytearray((form / GRAPH).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (form / GRAPH).write_bytes(damaged)
    with pytest.raises(ValueError, match="SHA-256"):
        ExportedDetector(form)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"size": 64}', '{"size": "x", "classes": [], "sha256": "", "form": ""}']
)
def test_a_broken_description_is_refused(form: Path, text: str) -> None:
    (form / META).write_text(text)
    with pytest.raises(ValueError, match="does not describe a model"):
        ExportedDetector(form)


@pytest.mark.parametrize("change", [{"classes": ["cat"]}, {"size": 63}, {"size": 64_000}, {"form": "other"}])
def test_another_kind_of_model_is_refused(form: Path, change: dict[str, Any]) -> None:
    (form / META).write_text(json.dumps({**json.loads((form / META).read_text()), **change}))
    with pytest.raises(ValueError, match="another kind of model"):
        ExportedDetector(form)


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_a_file_that_is_no_graph_is_refused(form: Path, name: str) -> None:
    (form / GRAPH).write_bytes(b"no graph at all")
    meta = json.loads((form / META).read_text())
    (form / META).write_text(json.dumps({**meta, "sha256": digest_of(form / GRAPH)}))
    with pytest.raises(ValueError, match="cannot read the graph"):
        ExportedDetector(form, name)


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_a_graph_of_another_size_is_refused(form: Path, name: str) -> None:
    meta = json.loads((form / META).read_text())
    (form / META).write_text(json.dumps({**meta, "size": 96}))
    with pytest.raises(ValueError, match="the graph takes"):
        ExportedDetector(form, name)


def test_a_missing_form_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ExportedDetector(tmp_path)


def test_an_insane_answer_fails_the_smoke_test(form: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = ExportedDetector(form)
    detector.smoke()
    sane = detector.runtime.run(np.full((64, 64, 3), 128, np.uint8))
    for wrong in (sane[:5], np.full_like(sane, np.nan), sane + 2):
        monkeypatch.setattr(detector.runtime, "run", lambda _square, answer=wrong: answer)
        with pytest.raises(ValueError, match="the model"):
            detector.smoke()


def test_the_description_names_what_was_exported(tiny: Path) -> None:
    meta = read_meta(tiny)
    assert (meta.size, meta.classes) == (64, ("rock", "paper", "scissors"))


def test_a_detector_of_other_things_is_not_exported(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path)
    from ultralytics import YOLO

    model = YOLO(weights)
    model.model.names = {0: "cat", 1: "dog", 2: "bird"}
    model.save(tmp_path / "other.pt")
    with pytest.raises(ExportError, match="cat, dog, bird"):
        export_weights(tmp_path / "other.pt", tmp_path / "out", 64)
