"""What the class layers of a detector read: computed once per image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Pixels
from core.vision.letterbox import Placement, letterbox
from core.workloads.rps.export import GRAPH, read_meta
from core.workloads.rps.head.graph import open_model, with_features


@dataclass(frozen=True, slots=True)
class Anchors:
    """All anchors of one image, finest scale first.

    ``features`` float32, shape (anchors, channels); ``scale`` int8, shape (anchors,): the index of the class layer;
    ``boxes`` float32, shape (anchors, 4): left, top, right, bottom in pixels of the network's input; ``scores``
    float32, shape (anchors, classes): what the present class layers say.
    """

    features: NDArray[np.float32]
    scale: NDArray[np.int8]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


class FeatureExtractor:
    """Runs a graph up to its class layers. Raises what :func:`core.workloads.rps.export.read_meta` raises, and
    :class:`core.workloads.rps.head.graph.HeadError`."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime

        self.meta = read_meta(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = with_features(open_model(folder / GRAPH))
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def anchors(self, picture: Pixels) -> tuple[Anchors, Placement]:
        """The anchors of one image, and where it lies in the network's input."""
        frame, placement = letterbox(picture, self.meta.size, self.meta.square)
        blob = cv2.dnn.blobFromImage(frame, 1 / 255, swapRB=True)
        head, *maps = self._session.run(None, {self._input: blob})
        features = [one[0].reshape(one.shape[1], -1).T for one in maps]
        scale = np.repeat(np.arange(len(features), dtype=np.int8), [len(one) for one in features])
        centres, sizes = head[0, :2].T, head[0, 2:4].T
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
        return Anchors(np.concatenate(features), scale, boxes, head[0, 4:].T), placement
