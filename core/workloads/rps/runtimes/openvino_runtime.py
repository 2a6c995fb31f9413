"""A graph in OpenVINO, on the CPU."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.workloads.rps.export import ExportMetadata

_STREAM = 10
"""So many successive frames of one shape indicate a video stream."""


class OpenVinoRuntime:
    """See :class:`core.workloads.rps.runtimes.Runtime`. One request at a time, serialised by a lock.

    A request for frames of any shape takes a fifth longer than one for a single shape, which in turn takes a sixth of a
    second to compile, and 40 MB. So a shape is compiled after ten successive frames of it, until another one is.
    """

    name = "openvino"

    def __init__(self, graph: Path, meta: ExportMetadata, threads: int) -> None:
        import openvino

        self._core = openvino.Core()
        self._hints = {
            "PERFORMANCE_HINT": "LATENCY",
            # Its own choice is bf16 where the processor has it: slower here, and boxes move by pixels.
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
        }
        try:
            self._model = self._core.read_model(graph)
            meta.takes([side.get_length() if side.is_static else None for side in self._model.input(0).partial_shape])
            self._any = self._compiled(self._model.clone())
        except RuntimeError as error:
            raise ValueError(f"OpenVINO cannot read the graph: {str(error).strip().splitlines()[-1]}") from error
        self._one_shape = meta.square
        self._own: Any = None
        self._own_shape: tuple[int, ...] = ()
        self._last: tuple[int, ...] = ()
        self._in_a_row = 0
        self._lock = threading.Lock()

    def run(self, frame: Pixels) -> NDArray[np.float32]:
        with self._lock:
            answer = self._request(frame.shape[:2]).infer({0: frame[None]}, share_inputs=True)
            return np.array(answer[0][0], dtype=np.float32)  # a copy: the next request overwrites it

    def _request(self, shape: tuple[int, ...]) -> Any:
        """The request for a frame of this height and width; hold the lock."""
        self._in_a_row = self._in_a_row + 1 if shape == self._last else 1
        self._last = shape
        if shape == self._own_shape:
            return self._own
        if self._one_shape or self._in_a_row < _STREAM:
            return self._any
        model = self._model.clone()
        model.reshape([1, 3, *shape])
        self._own, self._own_shape = self._compiled(model), shape
        return self._own

    def _compiled(self, model: Any) -> Any:
        return self._core.compile_model(_taking_pixels(model), "CPU", self._hints).create_infer_request()


def _taking_pixels(model: Any) -> Any:
    """The same graph with the conversion from blue-green-red bytes built in: one pass less over the pixels."""
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    pixels = steps.input(0)
    pixels.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
    pixels.model().set_layout(Layout("NCHW"))
    pixels.preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB).scale(255.0)
    return steps.build()
