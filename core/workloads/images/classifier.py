"""The exported classifier of whole images: an embedding with a linear layer.

The exported model is a folder: ``embedding.onnx`` and ``head.json``, plain numbers with the classes and the SHA-256 of
the graph. It runs in ONNX Runtime; nothing in it is executable code.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.detections import Detections, Pixels
from core.workloads.images.backbone import Embedding

GRAPH, HEAD = "embedding.onnx", "head.json"
_FORM = "embedding-linear-1"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """``softmax(weights @ embedding + bias)``: ``weights`` shape (classes, numbers), ``bias`` shape (classes,).

    ``size`` is the longer side, in pixels, to which images are scaled for the embedding. Raises ``ValueError`` when the
    shapes do not match or a number is not finite.
    """

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    size: int

    def __post_init__(self) -> None:
        wanted = (len(self.classes), self.weights.shape[-1])
        if len(self.classes) < 2 or self.weights.shape != wanted or self.bias.shape != wanted[:1]:
            raise ValueError(f"{len(self.classes)} classes with weights of shape {self.weights.shape}")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ValueError("the weights are not finite numbers")

    def probabilities(self, embedding: NDArray[np.float32]) -> Floats:
        """Probability per class, shape (classes,), summing to 1. Raises ``ValueError`` for an embedding of another
        length.
        """
        logits = self.weights @ embedding.astype(np.float64) + self.bias
        powers = np.exp(logits - logits.max())
        return np.asarray(powers / powers.sum(), np.float64)


class WholeImageClassifier:
    """See :class:`core.workloads.base.ImageModel`. Thread-safe."""

    def __init__(self, graph: bytes, head: Head) -> None:
        """Raises ``ValueError`` when the graph cannot be run."""
        self.head = head
        self._graph = graph
        self._embedding = Embedding(graph, head.size)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of its training; labels are indices into them."""
        return self.head.classes

    def probabilities(self, pixels: Pixels) -> Floats:
        """Probability per class for one image, shape (classes,)."""
        return self.head.probabilities(self._embedding.of(pixels))

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """One box around the whole image per class with at least that probability, the most probable first."""
        likely = self.probabilities(picture)
        order = np.argsort(-likely, kind="stable")
        order = order[likely[order] >= confidence]
        height, width = picture.shape[:2]
        boxes = np.tile(np.array([0, 0, width, height], np.float32), (len(order), 1))
        return Detections(boxes, likely[order].astype(np.float32), order.astype(np.int64))

    def smoke(self) -> None:
        """A smoke test: one prediction on a grey image. Raises ``ValueError`` when the result is invalid."""
        try:
            likely = self.probabilities(np.full((96, 128, 3), 128, np.uint8))
        except Exception as error:  # runtimes share no class of errors
            raise ValueError(f"the model cannot predict: {error}") from error
        if not np.isfinite(likely).all() or abs(float(likely.sum()) - 1) > 1e-6:
            raise ValueError("the model's probabilities do not sum to 1")

    def save(self, folder: Path) -> None:
        """Write the exported model. Raises ``OSError``."""
        raw: dict[str, Any] = asdict(self.head) | {"form": _FORM, "sha256": hashlib.sha256(self._graph).hexdigest()}
        raw |= {"weights": self.head.weights.tolist(), "bias": self.head.bias.tolist()}
        (folder / GRAPH).write_bytes(self._graph)
        (folder / HEAD).write_text(json.dumps(raw), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> WholeImageClassifier:
        """Read an exported model. Raises ``ValueError`` or ``OSError`` when it is damaged or missing."""
        graph = (folder / GRAPH).read_bytes()
        try:
            raw = json.loads((folder / HEAD).read_text(encoding="utf-8"))
            form, digest = str(raw["form"]), str(raw["sha256"])
            weights, bias = (np.array(raw[name], np.float64) for name in ("weights", "bias"))
            head = Head(tuple(str(name) for name in raw["classes"]), weights, bias, int(raw["size"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{HEAD} does not describe a model: {error!r}") from error
        if form != _FORM or not 32 <= head.size <= 1280:
            raise ValueError(f"{HEAD} describes another kind of model ({form}, {head.size} px)")
        if digest != hashlib.sha256(graph).hexdigest():
            raise ValueError(f"{GRAPH} does not match the SHA-256 in {HEAD}: it was damaged or changed by hand")
        return cls(graph, head)
