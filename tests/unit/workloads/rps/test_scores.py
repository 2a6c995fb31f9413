"""Figures of a detector: matched as documented, averaged as documented, compared on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.vision.detections import Detections, Pixels, no_detections
from core.workloads.images.manifest import ManifestImage
from core.workloads.rps import scores
from core.workloads.rps.average_precision import average_precisions, curve, mean_average_precision, resamples
from core.workloads.rps.matching import Record, confusion, judge, overlaps
from core.workloads.rps.scores import NoHandsError

WHOLE = np.array([[0, 0, 100, 100]], np.float32)


def found(*boxes: tuple[float, float, float, float, int, float]) -> Detections:
    """(left, top, right, bottom, label, score), in any order."""
    rows = sorted(boxes, key=lambda row: -row[5])
    return Detections(
        np.array([row[:4] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[5] for row in rows], np.float32),
        np.array([row[4] for row in rows], np.int64),
    )


def record(right: Sequence[bool], truths: tuple[int, int, int] = (1, 0, 0), label: int = 0) -> Record:
    """Answers of one class with falling scores."""
    number = len(right)
    ranked = np.linspace(0.9, 0.1, number, dtype=np.float32) if number else np.zeros(0, np.float32)
    return Record(ranked, np.full(number, label, np.int64), np.array(right, bool), np.array(truths))


def test_overlap_is_intersection_over_union() -> None:
    other = np.array([[50, 0, 150, 100], [0, 0, 100, 100], [200, 200, 300, 300], [20, 20, 20, 80]], np.float32)
    assert overlaps(WHOLE, other)[0].tolist() == pytest.approx([1 / 3, 1.0, 0.0, 0.0])


def test_a_true_box_is_found_once_and_the_second_answer_is_wrong() -> None:
    twice = found((0, 0, 100, 100, 0, 0.6), (0, 0, 90, 100, 0, 0.9))
    assert judge(twice, np.array([0]), WHOLE, 3).right.tolist() == [True, False]


def test_half_an_overlap_counts_and_less_does_not() -> None:
    half, less = found((0, 0, 50, 100, 0, 0.9)), found((0, 0, 49, 100, 0, 0.9))
    assert judge(half, np.array([0]), WHOLE, 3).right.tolist() == [True]
    assert judge(less, np.array([0]), WHOLE, 3).right.tolist() == [False]


def test_the_right_place_with_the_wrong_name_is_wrong() -> None:
    assert judge(found((0, 0, 100, 100, 1, 0.9)), np.array([0]), WHOLE, 3).right.tolist() == [False]


def test_a_free_box_is_taken_when_the_best_one_is_gone() -> None:
    """COCO's rule; PASCAL's would call the second answer wrong."""
    truths = np.array([[0, 0, 100, 100], [20, 0, 120, 100]], np.float32)
    answers = found((0, 0, 100, 100, 0, 0.9), (5, 0, 105, 100, 0, 0.8))
    assert judge(answers, np.array([0, 0]), truths, 3).right.tolist() == [True, True]


def test_the_confusion_matrix_tells_a_wrong_name_from_a_miss_and_a_ghost() -> None:
    truths, labels = np.array([[0, 0, 100, 100], [200, 0, 300, 100]], np.float32), np.array([0, 2])
    answers = found((0, 0, 100, 100, 1, 0.9), (400, 0, 500, 100, 2, 0.8))
    expected = np.zeros((4, 4), int)
    expected[0, 1] = 1  # rock called paper
    expected[2, 3] = 1  # scissors missed
    expected[3, 2] = 1  # scissors where nothing is
    assert confusion(answers, labels, truths, 3).tolist() == expected.tolist()


def test_the_area_counts_every_point_of_the_monotone_curve() -> None:
    """Right, wrong, right of two true ones: precision 1 up to recall .5, then 2/3 up to 1."""
    only = [record([True, False, True], (2, 0, 0))]
    assert average_precisions(only)[0, 0] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert np.isnan(average_precisions(only)[0, 1])
    assert mean_average_precision(only)[0] == pytest.approx(0.5 + 1 / 3)
    recall, precision = curve(only, 0)
    assert recall.tolist() == [0.5, 0.5, 1.0]
    assert precision.tolist() == pytest.approx([1, 0.5, 2 / 3])


def slow_average_precision(records: Sequence[Record], label: int) -> float:
    """The definition, box by box."""
    boxes = [
        (score, right)
        for one in records
        for score, name, right in zip(one.scores, one.labels, one.right, strict=True)
        if name == label
    ]
    boxes.sort(key=lambda pair: -pair[0])
    wanted = sum(int(one.truths[label]) for one in records)
    points, hits = [], 0
    for rank, (_score, right) in enumerate(boxes, start=1):
        hits += int(right)
        points.append((hits / wanted, hits / rank))
    area, before = 0.0, 0.0
    for index, (recall, _precision) in enumerate(points):
        area += (recall - before) * max(precision for _recall, precision in points[index:])
        before = recall
    return area


def random_records(pictures: int, seed: int, skill: float = 0.5) -> list[Record]:
    random = np.random.default_rng(seed)
    made = []
    for _ in range(pictures):
        number = int(random.integers(0, 8))
        ranked = np.sort(random.random(number).astype(np.float32))[::-1]
        right = random.random(number) < skill * (0.5 + ranked)
        labels = random.integers(0, 3, number)
        truths = np.array([int((right & (labels == label)).sum()) + int(random.integers(0, 2)) for label in range(3)])
        made.append(Record(ranked, labels, right, truths))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_the_quick_area_is_that_of_the_definition(seed: int) -> None:
    records = random_records(40, seed)
    expected = [slow_average_precision(records, label) for label in range(3)]
    assert average_precisions(records)[0].tolist() == pytest.approx(expected)


def test_a_weighted_draw_is_the_same_as_drawing_the_pictures() -> None:
    records = random_records(20, 3)
    weights = resamples(20, 4, seed=1)
    assert weights.sum(axis=1).tolist() == [20] * 4
    for row, value in zip(weights, mean_average_precision(records, weights), strict=True):
        drawn = [one for one, times in zip(records, row, strict=True) for _ in range(int(times))]
        assert value == pytest.approx(mean_average_precision(drawn)[0])


class Perfect:
    """Answers with the truth it was given, sure of everything."""

    def __init__(self, answers: list[Detections]) -> None:
        self.answers = iter(answers)

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        return next(self.answers).above(confidence)

    def smoke(self) -> None:
        """Nothing to try."""


def picture(labels: list[int], places: list[tuple[float, float, float, float]]) -> ManifestImage:
    return ManifestImage(
        "0" * 64, "s", "holdout", "webcam", 100, 100, np.array(labels, np.int64), np.array(places).reshape(-1, 4)
    )


def test_a_detector_is_scored_with_interval_records_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ManifestImage, "pixels", lambda self: np.zeros((100, 100, 3), np.uint8))
    middle = (0.5, 0.5, 1.0, 1.0)
    shown = [picture([0], [middle]), picture([1], [middle]), picture([], [])]
    answers = [found((0, 0, 100, 100, 0, 0.9)), no_detections(), found((0, 0, 50, 50, 2, 0.1))]
    scored = scores.score("mAP50", Perfect(answers), shown)
    assert scored.value == pytest.approx(0.5)
    assert 0 <= scored.ci_low <= scored.value <= scored.ci_high <= 1
    assert scored.samples == len(scored.outcomes) == 3
    assert scored.details["AP50_rock"] == 1.0
    assert scored.details["AP50_paper"] == 0.0
    assert "AP50_scissors" not in scored.details  # no true one in the holdout
    assert scored.details["precision"] == 1.0  # the ghost is too unsure to be shown
    assert scored.details["recall"] == 0.5
    assert scored.details["confusion_matrix"][1] == [0, 0, 0, 1]
    assert scored.details["classes"][-1] == "no object"


def test_a_holdout_without_hands_says_so() -> None:
    with pytest.raises(NoHandsError, match="None of the 2 holdout images"):
        scores.score("mAP50", Perfect([]), [picture([], []), picture([], [])])


def test_what_an_image_costs_is_the_share_that_is_wrong_as_people_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ManifestImage, "pixels", lambda self: np.zeros((100, 100, 3), np.uint8))
    middle, sure, shy = (0.5, 0.5, 1.0, 1.0), 0.9, scores.SHOWN - 0.01
    whole, corner = (0, 0, 100, 100), (0, 0, 20, 20)
    judged = [
        (picture([0], [middle]), found((*whole, 0, sure)), 0.0),
        (picture([0], [middle]), found((*whole, 0, shy)), 1.0),  # nobody sees it
        (picture([0], [middle]), found((*whole, 1, sure)), 1.0),  # the wrong name
        (picture([0], [middle]), found((*whole, 0, sure), (*corner, 1, sure)), 0.5),  # and a box where nothing is
        (picture([], []), no_detections(), 0.0),
        (picture([], []), found((*corner, 1, sure)), 1.0),
        (picture([], []), found((*corner, 1, shy)), 0.0),
    ]
    scored = scores.score("mAP50", Perfect([answer for _, answer, _ in judged]), [shown for shown, _, _ in judged])
    assert scored.losses is not None
    assert scored.losses.tolist() == [expected for _, _, expected in judged]


def test_an_image_is_right_when_all_shown_boxes_are_and_none_is_missed() -> None:
    """Scores fall from 0.9 to 0.1: a wrong box that is not shown does no harm."""
    assert scores.all_right(
        [
            record([True]),
            record([True, False]),
            record([True, False, False]),
            record([False]),
            record([], truths=(1, 0, 0)),
            record([], truths=(0, 0, 0)),
            record([True], truths=(1, 1, 0)),
        ]
    ).tolist() == [True, True, False, False, False, True, False]
