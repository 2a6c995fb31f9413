"""ultralytics stays on this machine, and torchvision imports beside whatever torch there is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config.settings import ROOT, Settings
from core.workloads.rps import torch_setup


def ran(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO", "ULTRALYTICS", "OMP"))}
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=120
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_a_fresh_process_is_ready_offline_and_calls_nobody(settings: Settings) -> None:
    code = """
import socket
def refuse(*given): raise AssertionError("somebody looked up %r" % (given[:1],))
socket.getaddrinfo = refuse
from core.workloads.rps import torch_setup
torch_setup.prepare()
import torchvision, torch
from ultralytics import settings, YOLO
from ultralytics.utils import ONLINE, SAFE_LOAD, SETTINGS_FILE
from ultralytics.utils.checks import check_font
boxes = torch.tensor([[0., 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
print(torchvision.ops.nms(boxes, torch.tensor([.5, .9, .3]), .5).tolist())
print(settings["sync"], settings["mlflow"], ONLINE, SAFE_LOAD)
print(SETTINGS_FILE.parent, check_font("Arial.ttf"))
"""
    lines = ran(code, SHIFUMI_DATA_DIR=str(settings.data_dir)).splitlines()
    assert lines[0] == "[1, 2]"
    assert lines[1] == "False False False True"
    home = settings.data_dir / "ultralytics" / "Ultralytics"
    assert lines[2] == f"{home} {home / 'Arial.ttf'}"


def test_opening_pictures_stays_pillow_s_own(settings: Settings) -> None:
    """Ultralytics would look for a package for HEIC pictures whenever something is no picture."""
    code = """
from core.vision.decode import BadImageError, decode
from core.workloads.rps import torch_setup
torch_setup.prepare()
from ultralytics import YOLO
try:
    decode(b"words")
except BadImageError as error:
    print(error)
"""
    assert "not an image that can be opened" in ran(code, SHIFUMI_DATA_DIR=str(settings.data_dir))


def test_what_the_environment_says_wins(settings: Settings) -> None:
    code = """
import os
from core.workloads.rps import torch_setup
torch_setup.prepare()
print(os.environ["YOLO_CONFIG_DIR"], os.environ["YOLO_OFFLINE"])
with torch_setup.downloads_allowed():
    print(os.environ["YOLO_OFFLINE"])
"""
    own = str(settings.data_dir / "own")
    printed = ran(code, SHIFUMI_DATA_DIR=str(settings.data_dir), YOLO_CONFIG_DIR=own, YOLO_OFFLINE="1")
    assert printed.splitlines() == [f"{own} 1", "1"]


def test_downloads_are_allowed_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    torch_setup.prepare()
    monkeypatch.setitem(os.environ, "YOLO_OFFLINE", "true")
    monkeypatch.setattr(torch_setup, "_set_here", {"YOLO_OFFLINE"})
    with pytest.raises(OSError), torch_setup.downloads_allowed():
        assert "YOLO_OFFLINE" not in os.environ
        raise OSError
    assert os.environ["YOLO_OFFLINE"] == "true"


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_own_suppression_keeps_what_the_definition_keeps(threshold: float) -> None:
    torch_setup.prepare()
    import torch
    from torchvision.ops import box_iou

    generator = torch.Generator().manual_seed(3)
    corners = torch.rand(200, 2, generator=generator) * 60
    boxes = torch.cat([corners, corners + 5 + torch.rand(200, 2, generator=generator) * 40], dim=1)
    ranked = torch.rand(200, generator=generator)
    shares = box_iou(boxes, boxes)
    kept: list[int] = []
    for index in ranked.argsort(descending=True).tolist():
        if all(shares[index, other] <= threshold for other in kept):
            kept.append(index)
    assert torch_setup.nms(boxes, ranked, threshold).tolist() == kept


def test_no_boxes_are_no_boxes() -> None:
    import torch

    assert torch_setup.nms(torch.zeros(0, 4), torch.zeros(0), 0.5).shape == (0,)


def test_a_pickle_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    """Weights are loaded by an allow-list, whoever wrote them."""
    torch_setup.prepare()
    import torch
    from ultralytics import YOLO

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"model": Evil(), "epoch": 1}, tmp_path / "evil.pt")
    with pytest.raises(TypeError, match="outside the supported"):
        YOLO(tmp_path / "evil.pt")
    assert not (tmp_path / "ran").exists()
