"""The network: YOLO11n with three classes, started from other weights; its running mean; its answers."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.workloads.rps import torch_setup
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.decode import decode
from core.workloads.rps.detections import Detections, Pixels
from core.workloads.rps.letterbox import letterbox

torch_setup.prepare()

from ultralytics import YOLO  # noqa: E402 - only once torchvision imports
from ultralytics.cfg import get_cfg  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402


def build(base: Path, frozen: int = 0) -> DetectionModel:
    """YOLO11n with our classes and all weights of ``base`` that fit; a head for the same classes is kept whole.

    The first ``frozen`` layers stay as they are: edges and textures need no learning, and cost most of a step.
    """
    model = DetectionModel("yolo11n.yaml", nc=len(CLASSES), verbose=False)
    model.load(YOLO(base, task="detect").model, verbose=False)
    model.names = dict(enumerate(CLASSES))
    model.args = get_cfg(overrides={"task": "detect", "imgsz": 320})
    for layer in model.model[:frozen]:
        layer.requires_grad_(False)
    return model.to(memory_format=torch.channels_last)


def set_learning(model: DetectionModel) -> None:
    """Ready for a step: normalisation learns, except in layers that are frozen."""
    model.train()
    for layer in model.model:
        if not any(parameter.requires_grad for parameter in layer.parameters()) and list(layer.parameters()):
            layer.eval()


def quick_precision() -> bool:
    """Whether this processor multiplies bfloat16 by itself: a step then takes half the time."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def as_input(pictures: Sequence[Pixels]) -> torch.Tensor:
    """Pictures of one size as (n, 3, height, width), red-green-blue, 0 to 1."""
    stacked = np.stack([picture[:, :, ::-1] for picture in pictures])
    tensor = torch.from_numpy(stacked).permute(0, 3, 1, 2).float() / 255
    return tensor.contiguous(memory_format=torch.channels_last)


class RunningMean:
    """An exponential mean of the weights, which judges better than the weights of any one step."""

    def __init__(self, model: DetectionModel, keep: float = 0.998) -> None:
        self.model: DetectionModel = copy.deepcopy(model).eval().requires_grad_(False)
        self.keep = keep
        self.steps = 0

    def update(self, model: DetectionModel) -> None:
        """Take in the weights as they are now. It reaches back over an eighth of all steps, 500 at most."""
        self.steps += 1
        keep = min(self.keep, 1 - 1 / (1 + self.steps / 8))
        now = model.state_dict()
        for name, mean in self.model.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.mul_(keep).add_(now[name].detach(), alpha=1 - keep)
            else:
                mean.copy_(now[name])


class TorchDetector:
    """The network while it learns, as a :class:`core.workloads.rps.detections.Detector`."""

    def __init__(self, model: DetectionModel, size: int) -> None:
        self._model, self._size = model.eval(), size
        self._quick = quick_precision()

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """Boxes at least that confident, in pixels of ``picture``."""
        frame, placement = letterbox(picture, self._size)
        found = decode(self._head(frame), confidence)
        return Detections(placement.to_picture(found.boxes), found.scores, found.labels)

    def smoke(self) -> None:
        """Nothing to prove: it is never served."""

    def _head(self, frame: Pixels) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._quick):
            answer: Any = self._model(as_input([frame]))
        head: NDArray[np.float32] = answer[0][0].float().numpy()
        return head


def save(model: DetectionModel, file: Path, size: int) -> None:
    """Write weights that ultralytics opens, halved to 16 bits as it does with its own."""
    small = copy.deepcopy(model).to(memory_format=torch.contiguous_format).half()
    small.criterion = None
    small.args = {"task": "detect", "imgsz": size}
    torch.save({"model": small, "train_args": small.args, "license": "AGPL-3.0"}, file)
