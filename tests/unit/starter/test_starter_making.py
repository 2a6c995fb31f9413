"""The command that makes the starter model, all the way, with two steps for each stage."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.workloads.rps.detector import ExportedDetector
from core.workloads.rps.starter import starter_folder
from tools.starter import __main__ as command


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four sources: three with a hand (a disc will do), one without."""
    folder = tmp_path / "photos"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for index, source in enumerate(("one", "two", "held", "empty")):
        pixels = np.random.default_rng(index).integers(20, 60, (160, 160, 3)).astype(np.uint8)
        if source != "empty":
            cv2.circle(pixels, (80, 80), 40, (150, 190, 230), -1)
            (folder / "labels" / f"{source}_1.txt").write_text(f"{index} 0.5 0.5 0.5 0.5\n")
        cv2.imwrite(str(folder / "images" / f"{source}_1.png"), pixels)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["tools.starter", *map(str, arguments)])
    command.main()


def test_the_command_makes_what_ships_and_judges_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made"
    making = [
        "--base",
        starter_folder() / "starter.pt",
        "--out",
        made,
        "--held",
        "held",
        "--effort",
        0,
        "--batch",
        2,
        "--threads",
        1,
    ]
    run(monkeypatch, "--photos", photos, *making)
    assert {file.name for file in made.iterdir()} == {"starter.pt", "model.onnx", "meta.json", "work"}
    assert "| held | 1 | 1 |" in (made / "work" / "most.md").read_text()
    ExportedDetector(made).smoke()
    capsys.readouterr()

    run(monkeypatch, "--photos", photos, "--evaluate", made, "--held", "held")
    assert "| held | 1 | 1 |" in capsys.readouterr().out

    # A second call finds every stage done, and writes the same graph again.
    before = (made / "meta.json").read_text()
    run(monkeypatch, "--photos", photos, *making)
    assert "step 2/2" not in capsys.readouterr().out
    assert (made / "meta.json").read_text() == before
