"""A frozen backbone: the front part of a trained network's graph, as an image embedding.

A shipped graph is cut at a deep layer; mean and standard deviation of each channel of that layer describe an image,
independent of position. Nothing is downloaded, and PyTorch is not needed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.vision.letterbox import letterbox

_THREADS = 2
"""More threads gain next to nothing on an image of this size, and servers handle several requests at once."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """A detector's ``graph`` (one image, float32 of shape (1, 3, height, width), sides multiples of 32) and the
    ``tensor`` where it is cut: the output of a convolution, shape (1, channels, height, width). Images are scaled to
    ``size`` pixels on their longer side.
    """

    graph: Path
    tensor: str
    size: int

    def identity(self) -> dict[str, Any]:
        """The properties that determine the result of a training."""
        return {"backbone": _digest(self.graph, self.graph.stat().st_mtime_ns), "cut": self.tensor, "size": self.size}

    def cut(self) -> bytes:
        """The graph from the image to the tensor.

        Raises ``ValueError`` when the graph has no such tensor, ``OSError`` when it cannot be read.
        """
        import onnx
        from onnx.utils import Extractor

        model = onnx.load(self.graph)
        if not any(self.tensor in node.output for node in model.graph.node):
            raise ValueError(f"{self.graph.name} has no tensor {self.tensor}")
        first = model.graph.input[0].name
        front = Extractor(onnx.shape_inference.infer_shapes(model)).extract_model([first], [self.tensor])
        return bytes(front.SerializeToString())


class Embedding:
    """A cut graph in a runtime; thread-safe."""

    def __init__(self, graph: bytes, size: int) -> None:
        """Raises ``ValueError`` when ``graph`` is none that ONNX Runtime can run."""
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        # Its threads otherwise spin between two images and take a core from everybody else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ValueError(f"ONNX Runtime cannot read the graph: {str(error).splitlines()[0]}") from error
        self._input = self._session.get_inputs()[0].name
        self._size = size

    def of(self, pixels: Pixels) -> NDArray[np.float32]:
        """The embedding of an image of any size: mean, then standard deviation per channel, shape (2 * channels,)."""
        import cv2

        frame, _ = letterbox(pixels, self._size)
        blob = cv2.dnn.blobFromImage(frame, 1 / 255, swapRB=True)
        seen = self._session.run(None, {self._input: blob})[0][0]
        return np.concatenate([seen.mean(axis=(1, 2)), seen.std(axis=(1, 2))]).astype(np.float32)


@lru_cache(maxsize=4)
def _digest(file: Path, _changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
