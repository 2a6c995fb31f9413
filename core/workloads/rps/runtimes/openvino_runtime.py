"""A graph in OpenVINO, on the CPU."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.workloads.rps.detections import Pixels


class OpenVinoRuntime:
    """See :class:`core.workloads.rps.runtimes.Runtime`. One request at a time: a lock keeps threads apart."""

    name = "openvino"

    def __init__(self, graph: Path, size: int, threads: int) -> None:
        import openvino

        core = openvino.Core()
        hints = {
            "PERFORMANCE_HINT": "LATENCY",
            # Its own choice is bf16 where the processor has it: slower here, and boxes move by pixels.
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
        }
        try:
            model = core.read_model(graph)
            if list(model.input(0).shape) != [1, 3, size, size]:
                raise ValueError(f"the graph takes {model.input(0).shape} and not one picture of {size} px")
            self._request = core.compile_model(_taking_pixels(model), "CPU", hints).create_infer_request()
        except RuntimeError as error:
            raise ValueError(f"OpenVINO cannot read the graph: {str(error).strip().splitlines()[-1]}") from error
        self._lock = threading.Lock()

    def run(self, square: Pixels) -> NDArray[np.float32]:
        with self._lock:
            answer = self._request.infer({0: square[None]}, share_inputs=True)
            return np.array(answer[0][0], dtype=np.float32)  # a copy: the next request overwrites it


def _taking_pixels(model: object) -> object:
    """The same graph with the way from blue-green-red bytes to its input built in: one pass less over the pixels."""
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    pixels = steps.input(0)
    pixels.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
    pixels.model().set_layout(Layout("NCHW"))
    pixels.preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB).scale(255.0)
    return steps.build()
