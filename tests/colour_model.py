"""A detector of coloured squares in the product's own served form, and such versions in the registry.

It is a real graph that the real runtimes run, and one that takes nothing but squares, as exports of before do: red is
rock, green is paper, blue is scissors (see ``tests.live``),
found when the square is as large as the box it always draws.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.auth.roles import SYSTEM
from core.models import promotion, registry
from core.storage.integrity import folder_sha256
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.export import GRAPH, META, SQUARE, ExportMetadata, digest_of

SIZE = 320
BOX = 80
"""Side of a square in the model's input; twice that on a camera picture of 640 px."""

_STEP = 8


def write_colour_model(folder: Path, wider: int = 0) -> ExportMetadata:
    """Write the served form into ``folder``; ``wider`` tells versions apart: pixels that its boxes are wider."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_graph(wider), folder / GRAPH)
    meta = ExportMetadata(SIZE, CLASSES, digest_of(folder / GRAPH), SQUARE)
    (folder / META).write_text(json.dumps(asdict(meta)), encoding="utf-8")
    return meta


def _graph(wider: int) -> object:
    from onnx import TensorProto, helper, numpy_helper

    cells = (SIZE - BOX) // _STEP + 1
    anchors = cells * cells
    centres = np.arange(cells, dtype=np.float32) * _STEP + BOX / 2
    x, y = np.meshgrid(centres, centres)
    boxes = np.stack([x, y, np.full_like(x, BOX + wider), np.full_like(x, BOX + wider)]).reshape(1, 4, anchors)
    constants = {
        # One colour minus the two others, for each class.
        "weights": (2 * np.eye(3, dtype=np.float32) - 1).reshape(3, 3, 1, 1),
        "least": np.array(0.8, np.float32),
        "steep": np.array(5, np.float32),
        "zero": np.array(0, np.float32),
        "sure": np.array(0.95, np.float32),
        "boxes": boxes.astype(np.float32),
        "shape": np.array([1, 3, anchors], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["images", "weights"], ["pure"]),
        helper.make_node("Relu", ["pure"], ["positive"]),
        helper.make_node("AveragePool", ["positive"], ["mean"], kernel_shape=[BOX, BOX], strides=[_STEP, _STEP]),
        helper.make_node("Sub", ["mean", "least"], ["over"]),
        helper.make_node("Mul", ["over", "steep"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "zero", "sure"], ["clipped"]),
        helper.make_node("Reshape", ["clipped", "shape"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores"], ["output0"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 7, anchors])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def register_colour_model(wider: int = 0) -> registry.Version:
    """A new version of ``rps`` in this test's registry; it is the challenger until somebody promotes it."""
    import mlflow

    client, experiment = registry.client(), registry.experiment_id("rps")
    mlflow.set_tracking_uri(registry.get_settings().tracking_uri)
    with TemporaryDirectory() as scratch, mlflow.start_run(experiment_id=experiment) as run:
        write_colour_model(Path(scratch), wider)
        mlflow.log_artifacts(scratch, "export")
        tags = {"sha256": folder_sha256(Path(scratch)), "fingerprint": f"colour-{wider}", "dataset_id": "0"}
    return registry._register(client, "rps", f"runs:/{run.info.run_id}/export", run.info.run_id, tags)


def promote_colour_model(wider: int = 0) -> registry.Version:
    """Register such a version and make it the champion."""
    return promotion.promote(SYSTEM, "rps", register_colour_model(wider).version)
