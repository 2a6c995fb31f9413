"""Batches that processes of their own draw ahead, and how long a training goes on."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.workloads.rps.starter import starter_folder
from tools.starter.album import Album
from tools.starter.batches import Lots, batches
from tools.starter.cutouts import Cutout
from tools.starter.network import blend, build
from tools.starter.photos import Photo, no_boxes
from tools.starter.scenes import Mix, scene
from tools.starter.training import Course, Plan


def photo(label: int | None) -> Photo:
    pixels = np.random.default_rng(label or 0).integers(20, 60, (160, 160, 3)).astype(np.uint8)
    if label is None:
        return Photo("empty_0.jpg", "empty", pixels, no_boxes())
    cv2.circle(pixels, (80, 80), 40, (150, 190, 230), -1)
    return Photo("one_1.jpg", "one", pixels, np.array([[label, 40, 40, 120, 120]], np.float32))


def cutout(label: int) -> Cutout:
    pixels = np.full((100, 100, 3), 255, np.uint8)
    alpha = cv2.circle(np.zeros((100, 100), np.uint8), (50, 50), 40, 255, -1)
    return Cutout("body", "bodies", pixels, alpha, np.array([label, 10, 10, 90, 90], np.float32))


def some_lots() -> Lots:
    return Lots(Album([photo(0), photo(2), photo(None)]), Mix(), steps=5, batch=2, sizes=(64, 96))


@pytest.fixture
def lots() -> Lots:
    return some_lots()


def drawn(workers: int) -> list[tuple[int, dict[str, NDArray[np.generic]]]]:
    return [
        (step, {name: part.numpy() for name, part in batch.items()}) for step, batch in batches(some_lots(), 0, workers)
    ]


def test_any_number_of_workers_draws_the_same() -> None:
    # In a process of its own: one in which Playwright ran cannot fork.
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        alone, ahead = process.submit(drawn, 0).result(), process.submit(drawn, 2).result()
    assert [step for step, _ in alone] == [step for step, _ in ahead] == list(range(5))
    for (_, one), (_, other) in zip(alone, ahead, strict=True):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_training_that_goes_on_gets_what_it_would_have_got(lots: Lots) -> None:
    whole, rest = list(batches(lots, 0, 0)), list(batches(lots, 3, 0))
    assert [step for step, _ in rest] == [3, 4]
    assert all(torch.equal(whole[3 + n][1]["img"], batch["img"]) for n, (_, batch) in enumerate(rest))


def test_boxes_are_shares_of_the_picture_and_belong_to_it(lots: Lots) -> None:
    for step, batch in batches(lots, 0, 0):
        size = (64, 96)[step % 2]
        assert batch["img"].shape == (2, 3, size, size)
        assert batch["img"].dtype == torch.uint8
        assert len(batch["bboxes"]) == len(batch["cls"]) == len(batch["batch_idx"])
        assert ((batch["bboxes"] > 0) & (batch["bboxes"] <= 1)).all()
        assert set(batch["batch_idx"].tolist()) <= {0, 1}


def test_most_of_the_pasted_hands_come_from_bodies_and_those_without_a_throw_get_no_box() -> None:
    """The body's gesture is none: it is seen, white, and has no box."""
    album = Album([photo(0), photo(None)], cutouts=(), bodies=[cutout(-1)])
    seen = boxes = 0
    for seed in range(20):
        pixels, found = scene(album, Mix(0, 0, 0, 1.0), 96, np.random.default_rng(seed))
        boxes += len(found)
        seen += int(pixels.std() > 10)
    assert boxes == 0
    assert seen > 5
    named = Album([photo(0), photo(None)], cutouts=(), bodies=[cutout(1)])
    labels = [scene(named, Mix(0, 0, 0, 1.0), 96, np.random.default_rng(seed))[1][:, 0] for seed in range(20)]
    assert set(np.concatenate(labels)) == {1.0}


def test_a_course_ends_with_its_steps_or_its_time_whichever_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("tools.starter.training.time.monotonic", lambda: now[0])
    by_steps, by_time = Course(Plan(steps=10)), Course(Plan(steps=1000, minutes=2))
    assert by_steps.along(5) == 0.5
    assert math.isclose(by_time.along(10), 0.01)
    now[0] += 60
    assert by_steps.along(5) == 0.5
    assert by_time.along(10) == 0.5
    now[0] += 90
    assert by_time.along(10) == 1.0
    assert by_steps.along(10) == 1.0


def test_weights_between_two_trainings_are_between_them() -> None:
    base = starter_folder() / "starter.pt"
    old, new = build(base), build(base)
    with torch.no_grad():
        for weight in new.parameters():
            weight += 1.0
    between = blend(old, new, 0.25)
    for begun, ended, weight in zip(old.parameters(), new.parameters(), between.parameters(), strict=True):
        assert torch.allclose(weight, begun + 0.25 * (ended - begun), atol=1e-5)
    assert all(torch.equal(one, other) for one, other in zip(build(base).parameters(), old.parameters(), strict=True))
