"""Prepares PyTorch and ultralytics: no unexpected downloads, no untrusted pickles, a working torchvision.

Two problems are solved.

**The environment.** Ultralytics reads its switches at import, installs packages on its own, checks for updates,
downloads a font from GitHub at each dataset check, and logs to its own MLflow store. All of that is disabled; existing
environment variables take precedence.

**torchvision.** A torchvision built for another torch (a CPU torch from one index, torchvision from another, is enough)
fails with ``operator torchvision::nms does not exist``, and ultralytics needs it for predict, val and export. Where the
import fails, its two operators are defined here in torch itself, slower but exact.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config.settings import get_settings

if TYPE_CHECKING:
    import torch

_FONT = "Arial.ttf"
_OFFLINE = "YOLO_OFFLINE"
_kept_alive: list[Any] = []
"""A ``torch.library.Library`` takes its operators with it when it is collected."""
_set_here: set[str] = set()


def prepare() -> None:
    """Call it before ultralytics or torchvision are imported. Idempotent.

    Raises ``ImportError`` when torch is not installed.
    """
    folder = get_settings().data_dir / "ultralytics"
    for name, value in _environment(folder).items():
        if name not in os.environ:
            os.environ[name] = value
            _set_here.add(name)
    _place_font(Path(os.environ["YOLO_CONFIG_DIR"]) / "Ultralytics")
    patch_torchvision()
    from ultralytics import settings

    if settings.get("sync") or settings.get("mlflow"):
        settings.update({"sync": False, "mlflow": False})
    _take_back_opening_pictures()


def _take_back_opening_pictures() -> None:
    """Ultralytics replaces ``PIL.Image.open`` for the whole process: for an invalid image it then reports a missing
    HEIC package, and a text file as a damaged image.
    """
    from PIL import Image
    from ultralytics.utils import patches

    if Image.open is patches.image_open:
        Image.open = patches._image_open


def _environment(folder: Path) -> dict[str, str]:
    return {
        "YOLO_CONFIG_DIR": str(folder),
        _OFFLINE: "true",
        # Threads that wait for each other sleep instead of spinning: a spinning one takes the core of the one it
        # waits for. Six times faster on two busy cores.
        "OMP_WAIT_POLICY": "PASSIVE",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_VERBOSE": "false",
        "ULTRALYTICS_SAFE_LOAD": "true",
    }


@contextmanager
def downloads_allowed() -> Iterator[None]:
    """Allow ultralytics to download an explicitly requested file, unless the environment is set to offline."""
    if _OFFLINE not in _set_here:
        yield
        return
    del os.environ[_OFFLINE]
    try:
        yield
    finally:
        os.environ[_OFFLINE] = "true"


def _place_font(folder: Path) -> None:
    """Ultralytics needs Arial and would download it from GitHub; any TrueType font with that name works."""
    font = folder / _FONT
    if font.exists():
        return
    import matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", font)


def patch_torchvision() -> bool:
    """Make ``import torchvision`` work with a torch it was not built for; True when a patch was needed."""
    if _kept_alive:
        return True
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, ImportError) as error:
        if "torchvision::" not in str(error):
            raise
        _import_with_own_operators()
        return True
    return False


def _import_with_own_operators() -> None:
    import torch

    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", nms, "CompositeExplicitAutograd")
    _kept_alive.append(library)
    import torchvision

    torchvision.ops.boxes._assert_has_ops = lambda: None


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression: indices of the boxes kept, most confident first.

    ``boxes`` float, shape (n, 4), left, top, right, bottom; ``scores`` shape (n,). A box goes when its
    intersection over union with a kept one exceeds ``iou_threshold``, as torchvision's own operator does it.
    """
    import torch

    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    waiting = scores.argsort(descending=True, stable=True)
    kept = []
    while waiting.numel():
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[waiting, :2])
        high = torch.minimum(boxes[best, 2:], boxes[waiting, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        overlap = shared / (areas[best] + areas[waiting] - shared)
        waiting = waiting[~(overlap > iou_threshold)]  # boxes without an area overlap by NaN and stay
    return torch.stack(kept) if kept else scores.new_zeros(0, dtype=torch.int64)
