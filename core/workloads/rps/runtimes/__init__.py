"""Runtimes of an exported graph: ONNX Runtime, else OpenVINO.

``tests/bench/test_detector.py`` compares them with ultralytics' own runners on the same frames. Both use the same
processor time per frame. On an idle machine OpenVINO is 1 ms faster; on a busy one, such as a live page with its
browser and video encoder, ONNX Runtime with sleeping threads takes a quarter to three quarters of the time. It uses 100
MB less, loads in a quarter of the time, and frames of several shapes cost it nothing. So it is the default;
``SHIFUMI_RPS_RUNTIME`` selects the other.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.workloads.rps.export import ExportMetadata


class Runtime(Protocol):
    """A loaded graph; thread-safe."""

    name: str

    def run(self, frame: Pixels) -> NDArray[np.float32]:
        """The raw head, shape (4 + classes, anchors), for one letterboxed image of shape (height, width, 3)."""
        ...


def available() -> tuple[str, ...]:
    """The installed runtimes, the preferred one first."""
    packages = {"onnx": "onnxruntime", "openvino": "openvino"}
    return tuple(name for name, package in packages.items() if importlib.util.find_spec(package) is not None)


def open_graph(graph: Path, meta: ExportMetadata, threads: int, name: str | None = None) -> Runtime:
    """Load a graph into the runtime ``name``, or into the preferred one.

    Raises ``ValueError`` when the file is not a valid graph, ``ImportError`` when no runtime is installed.
    """
    chosen = name or next(iter(available()), None)
    if chosen == "openvino":
        from core.workloads.rps.runtimes.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(graph, meta, threads)
    if chosen == "onnx":
        from core.workloads.rps.runtimes.onnx_runtime import OnnxRuntime

        return OnnxRuntime(graph, meta, threads)
    raise ImportError("Neither openvino nor onnxruntime is installed: run `python3 manage.py doctor`.")
