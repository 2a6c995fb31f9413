"""The exported detector: the same boxes as PyTorch, from any picture, in any runtime, and no damaged file."""

from __future__ import annotations

import importlib.util
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from core.config.settings import get_settings
from core.vision.detections import Detections, Pixels
from core.workloads.rps import runtimes, torch_setup
from core.workloads.rps.decode import decode
from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.export import GRAPH, META, RECTANGLES, SQUARE, ExportError, digest_of, export_weights, read_meta
from core.workloads.rps.matching import overlaps
from core.workloads.rps.render import render
from core.workloads.rps.runtimes.openvino_runtime import OpenVinoRuntime
from core.workloads.rps.starter import starter_folder
from tests.colour_model import write_colour_model
from tests.hands import tiny_weights

SHAPES = {"4:3": (360, 480), "square": (480, 480), "16:9": (270, 480), "portrait": (480, 270), "odd": (97, 301)}


@pytest.fixture(scope="module")
def scenes() -> list[Pixels]:
    """Rendered hands, 480 by 480."""
    return [render(seed, 480)[0] for seed in range(25)]


@pytest.fixture(scope="module")
def photographs(scenes: list[Pixels]) -> list[Pixels]:
    """Cut to landscape, portrait and square, in turns."""
    shapes = list(SHAPES.values())
    return [cut(pixels, shapes[index % len(shapes)]) for index, pixels in enumerate(scenes)]


def cut(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    return np.ascontiguousarray(pixels[: shape[0], : shape[1]])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served form of an untrained network for pictures of 64 px."""
    folder = tmp_path_factory.mktemp("tiny")
    export_weights(tiny_weights(folder), folder / "form", 64)
    return folder / "form"


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the version before rectangles wrote for an untrained network, pictures of 64 px."""
    folder = tmp_path_factory.mktemp("square")
    weights = tiny_weights(folder)
    from ultralytics import YOLO

    made = YOLO(weights, task="detect").export(format="onnx", imgsz=64, simplify=False, device="cpu", verbose=False)
    shutil.copyfile(made, folder / GRAPH)
    text = '{"classes": ["rock", "paper", "scissors"], "form": "yolo-raw-head-1", "sha256": "SUM", "size": 64}'
    (folder / META).write_text(text.replace("SUM", digest_of(folder / GRAPH)))
    return folder


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


def theirs(model: Any, pixels: Pixels, size: int, confidence: float, **options: Any) -> Detections:
    """Ultralytics' own way from a picture to boxes."""
    told = model.predict(pixels, imgsz=size, conf=confidence, verbose=False, device="cpu", **options)[0].boxes
    return Detections(told.xyxy.numpy(), told.conf.numpy(), told.cls.numpy().astype(np.int64))


@pytest.mark.parametrize("name", ["openvino", "onnx"])
@pytest.mark.parametrize("shape", list(SHAPES.values()), ids=list(SHAPES))
def test_boxes_are_those_of_pytorch(name: str, shape: tuple[int, int], scenes: list[Pixels]) -> None:
    """The exported starter against ultralytics' own way with the weights, boxes down to five per cent.

    A box of one at 0.05 is looked for among those of the other from 0.04: one at the very edge is not another box.
    """
    torch_setup.prepare()
    from ultralytics import YOLO

    model, detector = YOLO(starter_folder() / "starter.pt"), ExportedDetector(starter_folder(), name)
    told = found = 0
    for pixels in (cut(scene, shape) for scene in scenes):
        first, second = theirs(model, pixels, detector.meta.size, 0.04), detector.detect(pixels, 0.04)
        told += len(first.above(0.05)) + len(second.above(0.05))
        found += same(first.above(0.05), second) + same(second.above(0.05), first)
    assert told >= 20, "too few boxes to judge by"
    assert found / told >= 0.99


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_an_older_export_goes_on_as_before(name: str, square: Path, scenes: list[Pixels]) -> None:
    """It takes squares only, whatever the picture; boxes as those of ultralytics with the same graph."""
    torch_setup.prepare()
    from ultralytics import YOLO

    model, detector = YOLO(square / GRAPH, task="detect"), ExportedDetector(square, name)
    detector.smoke()
    told = found = 0
    for pixels in [cut(scene, shape) for scene in scenes[:3] for shape in SHAPES.values()] * 2:
        # An untrained network sees every class nearly everywhere, never surely: the surest boxes are enough.
        first, second = theirs(model, pixels, 64, 0, rect=False), detector.detect(pixels, 0)
        told += len(first)
        found += same(first, second)
    assert told >= 100
    assert found / told >= 0.99


@pytest.mark.parametrize("name", ["openvino", "onnx"])
@pytest.mark.parametrize(("made", "called"), [("square", RECTANGLES), ("tiny", SQUARE)])
def test_a_graph_of_another_form_is_refused(
    name: str, made: str, called: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(request.getfixturevalue(made), tmp_path / "copy"))
    (copy / META).write_text(json.dumps({**json.loads((copy / META).read_text()), "form": called}))
    with pytest.raises(ValueError, match="the graph takes"):
        ExportedDetector(copy, name)


@pytest.mark.parametrize("name", ["openvino", "onnx"])
def test_a_graph_that_only_says_that_it_takes_any_shape_is_refused(name: str, tmp_path: Path) -> None:
    """Its input has any height and width, its nodes are made for a square."""
    write_colour_model(tmp_path)
    model = onnx.load(tmp_path / GRAPH)
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"side{axis}"
    onnx.save(model, tmp_path / GRAPH)
    meta = json.loads((tmp_path / META).read_text())
    (tmp_path / META).write_text(json.dumps({**meta, "form": RECTANGLES, "sha256": digest_of(tmp_path / GRAPH)}))
    with pytest.raises(ValueError, match="cannot"):
        ExportedDetector(tmp_path, name).smoke()


def test_openvino_prepares_for_the_shape_of_a_camera_and_answers_any_other(form: Path) -> None:
    detector, reference = ExportedDetector(form, "openvino"), ExportedDetector(form, "onnx")
    runtime = detector.runtime
    assert isinstance(runtime, OpenVinoRuntime)
    random = np.random.default_rng(0)
    shapes = ((64, 64), (64, 32), (96, 64))
    frames = [random.integers(0, 255, (*shape, 3), dtype=np.uint8) for shape in shapes]
    turns = [(frames * 12, ()), (frames[:1] * 12, shapes[0]), (frames * 2, shapes[0])]
    turns += [(frames[1:2] * 12, shapes[1]), (frames, shapes[1])]
    for turn, prepared in turns:
        for frame in turn:
            np.testing.assert_allclose(runtime.run(frame), reference.runtime.run(frame), atol=0.01, rtol=1e-4)
        assert runtime._own_shape == prepared


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


def test_distances_without_a_softmax_are_the_same() -> None:
    """Also where the network is surer than any should be."""
    torch_setup.prepare()
    import torch
    from ultralytics.nn.modules.block import DFL

    from core.workloads.rps.dfl_layer import FastDfl

    told = torch.randn(2, 64, 50, generator=torch.Generator().manual_seed(0))
    for strength in (1, 10, 25):
        torch.testing.assert_close(FastDfl(16)(told * strength), DFL(16)(told * strength), atol=1e-4, rtol=1e-4)
    for extreme in (-1e4, 1e4):
        torch.testing.assert_close(FastDfl(16)(told * 0 + extreme), torch.full((2, 4, 50), 7.5))


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
def test_a_graph_of_another_size_is_refused(square: Path, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(square, tmp_path / "copy"))
    meta = json.loads((copy / META).read_text())
    (copy / META).write_text(json.dumps({**meta, "size": 96}))
    with pytest.raises(ValueError, match="the graph takes"):
        ExportedDetector(copy, name)


def test_a_missing_form_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        ExportedDetector(tmp_path)


def test_an_insane_answer_fails_the_smoke_test(form: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = ExportedDetector(form)
    detector.smoke()
    sane = detector.runtime.run(np.full((64, 64, 3), 128, np.uint8))
    for wrong in (sane[:5], np.full_like(sane, np.nan), sane + 2):
        monkeypatch.setattr(detector.runtime, "run", lambda _frame, answer=wrong: answer)
        with pytest.raises(ValueError, match="the model"):
            detector.smoke()


def test_the_description_names_what_was_exported(tiny: Path) -> None:
    meta = read_meta(tiny)
    assert (meta.size, meta.classes, meta.square) == (64, ("rock", "paper", "scissors"), False)


def test_a_detector_of_other_things_is_not_exported(tmp_path: Path) -> None:
    weights = tiny_weights(tmp_path)
    from ultralytics import YOLO

    model = YOLO(weights)
    model.model.names = {0: "cat", 1: "dog", 2: "bird"}
    model.save(tmp_path / "other.pt")
    with pytest.raises(ExportError, match="cat, dog, bird"):
        export_weights(tmp_path / "other.pt", tmp_path / "out", 64)
