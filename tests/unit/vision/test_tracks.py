"""Boxes that do not flicker and names that do not jump."""

import numpy as np
import pytest

from core.vision.detections import Detections, no_detections
from core.vision.tracks import MEMORY, Tracker, overlap, to_shown_boxes
from core.workloads.rps.classes import CLASSES

ROCK, PAPER, SCISSORS = range(3)


def found(*hands: tuple[tuple[float, float, float, float], int, float]) -> Detections:
    boxes, labels, scores = zip(*hands, strict=True)
    return Detections(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(labels, np.int64))


HERE, NEAR, THERE = (10.0, 10.0, 60.0, 60.0), (14.0, 12.0, 64.0, 62.0), (200.0, 10.0, 260.0, 70.0)


def test_one_wrong_frame_does_not_change_the_name() -> None:
    tracker = Tracker(CLASSES)
    for _ in range(MEMORY):
        tracker.update(found((HERE, ROCK, 0.8)))
    (hand,) = tracker.update(found((NEAR, PAPER, 0.95)))
    assert hand.name == "rock"
    assert hand.box == pytest.approx(NEAR)
    assert hand.confidence == pytest.approx(0.8 * (MEMORY - 1) / MEMORY)


def test_a_hand_that_changed_gets_its_new_name_within_the_memory() -> None:
    tracker = Tracker(CLASSES)
    for _ in range(20):
        tracker.update(found((HERE, ROCK, 0.8)))
    names = [tracker.update(found((HERE, SCISSORS, 0.8)))[0].name for _ in range(MEMORY)]
    assert names[0] == "rock"
    assert names[-1] == "scissors"


def test_two_hands_keep_their_own_names() -> None:
    tracker = Tracker(CLASSES)
    for _ in range(4):
        hands = tracker.update(found((HERE, ROCK, 0.7), (THERE, PAPER, 0.9)))
    assert [(hand.name, hand.box) for hand in hands] == [("paper", pytest.approx(THERE)), ("rock", pytest.approx(HERE))]


def test_a_short_gap_is_bridged_and_a_long_one_is_not() -> None:
    tracker = Tracker(CLASSES)
    tracker.update(found((HERE, ROCK, 0.8)))
    assert [len(tracker.update(no_detections())) for _ in range(4)] == [1, 1, 0, 0]


def test_a_hand_elsewhere_is_another_one() -> None:
    tracker = Tracker(CLASSES)
    for _ in range(MEMORY):
        tracker.update(found((HERE, ROCK, 0.8)))
    hands = tracker.update(found((THERE, PAPER, 0.6)))
    assert sorted(hand.name for hand in hands) == ["paper", "rock"]


def test_overlap() -> None:
    box = np.array([0, 0, 10, 10], np.float32)
    assert overlap(box, box) == 1
    assert overlap(box, np.array([5, 0, 15, 10], np.float32)) == pytest.approx(1 / 3)
    assert overlap(box, np.array([10, 0, 20, 10], np.float32)) == 0
    flat = np.array([5, 5, 5, 5], np.float32)
    assert overlap(flat, flat) == 0


def test_a_thing_is_called_by_the_models_own_class() -> None:
    shown = [to_shown_boxes(found((HERE, label, 1.0)), ("cat", "dog", "cow"))[0].name for label in range(3)]
    assert shown == ["cat", "dog", "cow"]


def test_of_several_answers_about_one_place_the_most_confident_is_shown() -> None:
    """As classifiers of whole images answer; votes of successive frames still count."""
    tracker = Tracker(CLASSES)
    for _ in range(MEMORY - 2):
        (shown,) = tracker.update(found((HERE, ROCK, 0.6), (HERE, PAPER, 0.35)))
        assert (shown.name, shown.confidence) == ("rock", pytest.approx(0.6))
    (shown,) = tracker.update(found((HERE, PAPER, 0.55), (HERE, ROCK, 0.4)))
    assert shown.name == "rock"
    for _ in range(MEMORY):
        (shown,) = tracker.update(found((HERE, PAPER, 0.55), (HERE, ROCK, 0.4)))
    assert shown.name == "paper"
