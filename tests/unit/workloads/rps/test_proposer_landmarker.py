"""Boxes from landmarks: what is missing is said, boxes stay on the picture, and the real MediaPipe finds hands."""

import importlib.util
import shutil

import cv2
import numpy as np
import pytest

from core.config.settings import ROOT, Settings
from core.vision.detections import Pixels
from core.workloads.rps import proposer
from core.workloads.rps.proposer import landmarker
from core.workloads.rps.proposer.landmarker import Hand
from core.workloads.rps.render import gestures
from core.workloads.rps.render.camera import View, turn
from core.workloads.rps.render.light import light_of
from core.workloads.rps.render.limb import build, draw, place
from core.workloads.rps.render.skeleton import joints_of, shape_of
from core.workloads.rps.render.skin import look_of, tone_of

MODEL = ROOT / "data" / "models" / "hand_landmarker.task"


def hand(label: str, left: float, top: float, side: float) -> Hand:
    """A hand whose landmarks span a square of the picture."""
    random = np.random.default_rng(4)
    joints = np.asarray(joints_of(gestures.throw(label, random), shape_of(random)), np.float64)
    flat = joints[:, :2] - joints[:, :2].min(0)
    return Hand(flat / flat.max(0) * side + (left, top), joints)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Hand]:
    """The hands that are found on any picture."""
    found: list[Hand] = []
    monkeypatch.setattr(landmarker, "hands", lambda _: found)
    return found


PICTURE = np.zeros((200, 400, 3), np.uint8)


def test_a_box_is_a_little_wider_than_the_landmarks_and_named(seen: list[Hand]) -> None:
    seen.append(hand("scissors", 100, 50, 100))
    (box,) = proposer.propose(PICTURE)
    assert (box.label, box.provenance) == ("scissors", "model")
    assert box.confidence is not None and 0.5 < box.confidence <= 1
    assert (box.x, box.y, box.width, box.height) == pytest.approx((150 / 400, 0.5, 124 / 400, 124 / 200))


def test_a_box_is_cut_at_the_edge_and_one_beside_the_picture_is_left_out(seen: list[Hand]) -> None:
    seen += [hand("paper", -50, 20, 100), hand("rock", 500, 20, 100)]
    (box,) = proposer.propose(PICTURE)
    assert box.label == "paper" and box.x - box.width / 2 == pytest.approx(0)


def test_without_mediapipe_the_remedy_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    reason = proposer.available()
    assert reason is not None and "manage.py fetch-landmarker" in reason and "optional" in reason
    with pytest.raises(RuntimeError, match="fetch-landmarker"):
        proposer.propose(PICTURE)


def test_without_the_model_the_remedy_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    reason = proposer.available()
    assert reason is not None and "manage.py fetch-landmarker" in reason and "model is missing" in reason


needs_mediapipe = pytest.mark.skipif(
    importlib.util.find_spec("mediapipe") is None or not MODEL.is_file(),
    reason="MediaPipe or its model is missing here: python3 manage.py fetch-landmarker",
)


def rendered(label: str, seed: int) -> tuple[Pixels, tuple[float, float, float, float]]:
    """A close-up before a grey wall, and the hand's corners."""
    random = np.random.default_rng(seed)
    rotation = (turn(0, 6) @ np.diag((1.0, -1.0, -1.0))).astype(np.float32)
    cones = build(gestures.throw(label, random), shape_of(random), rotation.T @ np.array((0, 1.0, 0)), 1.0, random)
    look = look_of(random, tone_of(np.random.default_rng(2)))
    limb = place(cones, View(rotation, 8.0, 130.0, (240.0, 330.0)), False, look, label)
    patch = draw(limb, 480, light_of(random), random)
    assert patch is not None
    scene = np.full((484, 484, 3), 0.55, np.float32)
    (height, width), top, left = patch.cover.shape, patch.top + 2, patch.left + 2
    view, cover = scene[top : top + height, left : left + width], patch.cover[..., None]
    view[:] = view * (1 - cover) + patch.colours * cover
    return np.asarray(cv2.GaussianBlur((scene.clip(0, 1) * 255), (0, 0), 1.0), np.uint8), limb.extent()


@needs_mediapipe
def test_the_real_one_finds_rendered_hands_and_names_them(settings: Settings) -> None:
    landmarker.model_file().parent.mkdir(parents=True)
    shutil.copy(MODEL, landmarker.model_file())
    assert proposer.available() is None
    found = right = 0
    for label in ("paper", "scissors"):
        for seed in range(4):
            pixels, (left, top, right_edge, bottom) = rendered(label, seed)
            for box in proposer.propose(pixels):
                inside = left < box.x * 484 < right_edge and top < box.y * 484 < bottom
                found, right = found + inside, right + (inside and box.label == label)
    assert found >= 6 and right >= 0.7 * found
    assert proposer.propose(np.full((120, 160, 3), 90, np.uint8)) == []


@needs_mediapipe
def test_a_damaged_model_is_told_with_its_remedy(settings: Settings) -> None:
    landmarker.model_file().parent.mkdir(parents=True)
    landmarker.model_file().write_bytes(MODEL.read_bytes()[:100_000])
    with pytest.raises(RuntimeError, match=r"does not accept .* Delete it"):
        proposer.propose(PICTURE)
