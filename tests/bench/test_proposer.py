"""Proposed boxes on photographs: how quickly, and how many need no correction.

Photographs are no part of the project. ``PHOTOGRAPHS`` names a folder with ``images/`` and ``labels/`` (see
``tools/fit_throw_classifier.py``); without it the folder ``../shared/vision/real`` is tried.
"""

import os
import shutil
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pytest

from core.config.settings import ROOT, Settings
from core.vision.boxes import NewBox
from core.workloads.rps import proposer
from core.workloads.rps.classes import CLASSES
from core.workloads.rps.proposer import landmarker
from tests.bench.table import Row, Table
from tools import fit_throw_classifier

FOLDER = Path(os.environ.get("PHOTOGRAPHS", ROOT.parent / "shared" / "vision" / "real"))
MODEL = ROOT / "data" / "models" / "hand_landmarker.task"
EVERY, TARGET, NEAR = 3, 15, 0.3
Found = tuple[str, float, bool, bool]
"""Of a throw: its source, its longer side as a share of the picture, whether a box met it, whether so named."""


@pytest.fixture
def pictures(settings: Settings) -> list[Path]:
    """Every third photograph, with MediaPipe ready for them."""
    found = sorted((FOLDER / "images").glob("*.jpg"))[::EVERY]
    if not found:
        pytest.skip(f"no photographs in {FOLDER}; PHOTOGRAPHS names another folder")
    if MODEL.is_file():
        landmarker.model_file().parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(MODEL, landmarker.model_file())
    if (reason := proposer.available()) is not None:
        pytest.skip(reason)
    return found


@pytest.mark.timeout(1800)
def test_boxes_that_need_no_correction(pictures: list[Path], table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source is named by a regression that learnt from the other sources only."""
    samples = {path: fit_throw_classifier.samples_of(path, _labels(path)) for path in pictures}
    found: list[Found] = []
    seconds: list[float] = []
    for source in sorted({fit_throw_classifier.source_of(path) for path in pictures}):
        others = [one for own in samples.values() for one in own if one.source != source]
        learnt = fit_throw_classifier.fit(others)
        monkeypatch.setattr(landmarker, "shipped_classifier", lambda learnt=learnt: learnt)
        for path in pictures:
            if fit_throw_classifier.source_of(path) == source:
                found += _judged(path, seconds)
    assert len(found) == sum(len(fit_throw_classifier.read_labels(_labels(path), 1, 1)) for path in pictures)
    _tell(table, found, median(seconds))


def _labels(picture: Path) -> Path:
    return FOLDER / "labels" / f"{picture.stem}.txt"


def _judged(path: Path, seconds: list[float]) -> list[Found]:
    pixels = np.asarray(cv2.imread(str(path)), np.uint8)
    height, width = pixels.shape[:2]
    started = time.perf_counter()
    proposed = proposer.propose(pixels)
    seconds.append(time.perf_counter() - started)
    judged = []
    for name, box in fit_throw_classifier.read_labels(_labels(path), width, height):
        overlaps = [(fit_throw_classifier.overlap(_corners(one, width, height), box), one.label) for one in proposed]
        best, label = max(overlaps, default=(0.0, ""))
        size = max((box[2] - box[0]) / width, (box[3] - box[1]) / height)
        judged.append((fit_throw_classifier.source_of(path), size, best >= 0.5, best >= 0.5 and label == CLASSES[name]))
    return judged


def _corners(box: NewBox, width: int, height: int) -> fit_throw_classifier.Box:
    left, top = (box.x - box.width / 2) * width, (box.y - box.height / 2) * height
    return left, top, left + box.width * width, top + box.height * height


def _tell(table: Table, found: list[Found], seconds: float) -> None:
    rate = f"{1 / seconds:.0f} frames/s"
    table.add("Hands", Row("Proposed boxes, 480 px frames", rate, "", "", f"≥ {TARGET}", 1 / seconds >= TARGET))
    groups = {"all": found, f"longer than {NEAR:.0%} of the image": [one for one in found if one[1] > NEAR]}
    for source in sorted({one[0] for one in found}):
        groups[f"source {source}"] = [one for one in found if one[0] == source]
    for group, members in groups.items():
        boxes, right = (sum(one[at] for one in members) / len(members) for at in (2, 3))
        text = f"{right:.0%} (box alone {boxes:.0%}) of {len(members)}"
        table.add("Hands", Row(f"Throws whose proposal needs no correction, unseen source, {group}", text))
    assert len(found) > 100 and sum(one[3] for one in found) > 0.3 * len(found)
