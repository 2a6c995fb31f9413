"""An answer becomes boxes, rows and words: whatever a model says, only valid boxes come out."""

import csv
import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.vision.boxes import to_corners
from core.vision.detection_formats import COLUMNS, draw_detections, to_boxes, to_csv, to_json, to_rows
from core.vision.detections import Detections

CLASSES = ("cat", "dog")
WIDTH, HEIGHT = 640, 480

numbers = st.one_of(
    st.floats(-2_000, 2_000, width=32), st.sampled_from([float("nan"), float("inf"), float("-inf"), 0.0, 640.0, 480.0])
)
scores = st.one_of(st.floats(0, 1, width=32), st.sampled_from([float("nan"), float("inf"), -0.5, 1.5]))
answers = st.lists(st.tuples(st.tuples(numbers, numbers, numbers, numbers), scores, st.integers(-2, 3)), max_size=8)


def found(*boxes: tuple[tuple[float, float, float, float], float, int]) -> Detections:
    return Detections(
        np.array([box for box, _, _ in boxes], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in boxes], np.float32),
        np.array([label for _, _, label in boxes], np.int64),
    )


@given(answers)
def test_whatever_a_model_says_only_valid_boxes_come_out(said: list[tuple[tuple[float, ...], float, int]]) -> None:
    boxes = to_boxes(found(*said), CLASSES, WIDTH, HEIGHT)  # type: ignore[arg-type]
    assert len(boxes) <= len(said)
    for box in boxes:
        assert box.label in CLASSES and box.provenance == "model"
        assert box.confidence is not None and 0 <= box.confidence <= 1
        assert 0 < box.width <= 1 and 0 < box.height <= 1
        left, top, right, bottom = to_corners(box.x, box.y, box.width, box.height, WIDTH, HEIGHT)
        assert left >= -1e-6 and top >= -1e-6 and right <= WIDTH + 1e-6 and bottom <= HEIGHT + 1e-6


def test_good_boxes_stay_as_they_are_and_bad_ones_between_them_go() -> None:
    good, cut = ((10.0, 20.0, 110.0, 220.0), 0.9, 1), ((-50.0, 0.0, 64.0, 48.0), 0.5, 0)
    bad = [
        ((700.0, 10.0, 800.0, 20.0), 0.8, 0),  # beside the image
        ((10.0, 10.0, 10.0, 20.0), 0.8, 0),  # no area
        ((float("nan"), 10.0, 20.0, 20.0), 0.8, 0),
        ((10.0, 10.0, 20.0, 20.0), float("nan"), 0),
        ((10.0, 10.0, 20.0, 20.0), 0.8, 2),  # no such class
    ]
    boxes = to_boxes(found(good, *bad, cut), CLASSES, WIDTH, HEIGHT)
    assert [box.label for box in boxes] == ["dog", "cat"]
    assert np.allclose(to_corners(boxes[0].x, boxes[0].y, boxes[0].width, boxes[0].height, WIDTH, HEIGHT), good[0])
    assert np.allclose(
        to_corners(boxes[1].x, boxes[1].y, boxes[1].width, boxes[1].height, WIDTH, HEIGHT), (0, 0, 64, 48)
    )


def test_rows_tables_and_words_name_the_models_own_classes() -> None:
    said = found(((1, 2, 30, 40), 0.75, 1), ((0, 0, 640, 480), 0.25, 0))
    assert [(row["label"], row["confidence"], row["right"]) for row in to_rows(said, CLASSES)] == [
        ("dog", 0.75, 30.0),
        ("cat", 0.25, 640.0),
    ]
    table = list(csv.DictReader(io.StringIO(to_csv(said, CLASSES))))
    assert tuple(table[0]) == COLUMNS and table[1]["label"] == "cat"
    told = json.loads(to_json(said, CLASSES, np.zeros((480, 640, 3), np.uint8), "v3"))
    assert (told["model"], told["width"], told["height"], len(told["boxes"])) == ("v3", 640, 480, 2)


def test_drawing_leaves_the_image_alone_and_draws_one_box_per_place() -> None:
    pixels = np.full((480, 640, 3), 90, np.uint8)
    whole = [((0.0, 0.0, 640.0, 480.0), 0.6, 0), ((0.0, 0.0, 640.0, 480.0), 0.4, 1)]
    both, first = draw_detections(pixels, found(*whole), CLASSES), draw_detections(pixels, found(whole[0]), CLASSES)
    assert (pixels == 90).all()
    assert (first != 90).any() and (both == first).all()
