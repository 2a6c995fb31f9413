"""The network: YOLO11n with three classes, started from other weights; its running mean; its answers."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.vision.detections import Detections, Pixels
from core.vision.letterbox import letterbox
from core.workloads.rps import torch_setup
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.decode import decode

torch_setup.prepare()

from ultralytics import YOLO  # noqa: E402 - only once torchvision imports
from ultralytics.cfg import get_cfg  # noqa: E402
from ultralytics.nn.tasks import DetectionModel  # noqa: E402


def build(base: Path) -> DetectionModel:
    """YOLO11n with our classes and all weights of ``base`` that fit; a head for the same classes is kept whole."""
    model = DetectionModel("yolo11n.yaml", nc=len(CLASSES), verbose=False)
    model.load(YOLO(base, task="detect").model, verbose=False)
    model.names = dict(enumerate(CLASSES))
    model.args = get_cfg(overrides={"task": "detect", "imgsz": 320})
    return model.to(best_device(), memory_format=torch.channels_last)


def best_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_of(model: DetectionModel) -> torch.device:
    """Where the weights are."""
    return next(model.parameters()).device


def quick_precision(device: torch.device) -> bool:
    """Whether this GPU or processor multiplies bfloat16 by itself: a step then takes half the time."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def as_input(pixels: torch.Tensor) -> torch.Tensor:
    """(n, 3, height, width) uint8 as what the network takes, 0 to 1."""
    return (pixels.float() / 255).contiguous(memory_format=torch.channels_last)


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
        pairs = [(mean, now[name].detach()) for name, mean in self.model.state_dict().items()]
        means, news = zip(*((mean, new) for mean, new in pairs if mean.dtype.is_floating_point), strict=True)
        torch._foreach_lerp_(list(means), list(news), 1 - keep)
        for mean, new in pairs:
            if not mean.dtype.is_floating_point:
                mean.copy_(new)


class TorchDetector:
    """The network while it learns, as a :class:`core.vision.detections.Detector`."""

    def __init__(self, model: DetectionModel, size: int) -> None:
        self._model, self._size = model.eval(), size
        self._device = device_of(model)
        self._quick = quick_precision(self._device)
        self.classes = CLASSES

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        """Boxes at least that confident, in pixels of ``picture``."""
        frame, placement = letterbox(picture, self._size)
        found = decode(self._head(frame), confidence)
        return Detections(placement.to_picture(found.boxes), found.scores, found.labels)

    def smoke(self) -> None:
        """Nothing to prove: it is never served."""

    def _head(self, frame: Pixels) -> NDArray[np.float32]:
        pixels = torch.from_numpy(frame[:, :, ::-1].copy()).permute(2, 0, 1)[None].to(self._device)
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=self._quick):
            answer: Any = self._model(as_input(pixels))
        head: NDArray[np.float32] = answer[0][0].float().cpu().numpy()
        return head


def blend(old: DetectionModel, new: DetectionModel, share: float) -> DetectionModel:
    """Weights between those a training began with and those it ended with: ``share`` of the way to the new.

    They often judge better on what neither has seen than either (Wortsman et al., "Robust fine-tuning of zero-shot
    models", CVPR 2022). The models must be of one training: between others lies nothing.
    """
    between = copy.deepcopy(new).eval()
    begun = old.state_dict()
    for name, weight in between.state_dict().items():
        if weight.dtype.is_floating_point:
            weight.lerp_(begun[name].to(weight), 1 - share)
    return between


def save(model: DetectionModel, file: Path, size: int) -> None:
    """Write weights that ultralytics opens, halved to 16 bits as it does with its own."""
    small = copy.deepcopy(model).cpu().to(memory_format=torch.contiguous_format).half()
    small.criterion = None
    small.args = {"task": "detect", "imgsz": size}
    torch.save({"model": small, "train_args": small.args, "license": "AGPL-3.0"}, file)
