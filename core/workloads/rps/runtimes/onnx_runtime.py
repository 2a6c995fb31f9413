"""A graph in ONNX Runtime, on the CPU."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.workloads.rps.export import ExportMetadata


class OnnxRuntime:
    """See :class:`core.workloads.rps.runtimes.Runtime`. Sessions of ONNX Runtime are thread-safe."""

    name = "onnx"

    def __init__(self, graph: Path, meta: ExportMetadata, threads: int) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Its threads otherwise spin between two images and take a core from everybody else. Ten microseconds of it
        # (spin_duration_us) save 1 ms on a quiet machine and cost as much or more on a busy one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ValueError(f"ONNX Runtime cannot read the graph: {str(error).splitlines()[0]}") from error
        wanted = self._session.get_inputs()[0]
        meta.takes([side if isinstance(side, int) else None for side in wanted.shape])
        self._input = wanted.name

    def run(self, frame: Pixels) -> NDArray[np.float32]:
        blob = cv2.dnn.blobFromImage(frame, 1 / 255, swapRB=True)
        answer: NDArray[np.float32] = self._session.run(None, {self._input: blob})[0][0]
        return answer
