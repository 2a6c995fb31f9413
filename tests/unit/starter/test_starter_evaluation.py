"""The figures that the starter model is judged by, on answers whose worth is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.vision.detections import Detections, Pixels, no_detections
from tools.starter.evaluation import close_ups, figures, judge
from tools.starter.photos import Photo, apart, no_boxes, read_photos, source_of
from tools.starter.report import table


class Scripted:
    """Answers with what was written down for each shade of grey."""

    def __init__(self, answers: dict[int, Detections]) -> None:
        self.answers = answers

    def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
        return self.answers.get(int(picture[0, 0, 0]), no_detections()).above(confidence)

    def smoke(self) -> None:
        """Always sane."""


def said(*rows: tuple[float, int, tuple[float, float, float, float]]) -> Detections:
    boxes = np.array([row[2] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[0] for row in rows], np.float32), np.array([row[1] for row in rows]))


def photo(shade: int, *boxes: tuple[int, float, float, float, float], source: str = "s") -> Photo:
    rows = np.array(boxes, np.float32).reshape(-1, 5)
    return Photo(f"{source}_{shade}.jpg", source, np.full((100, 100, 3), shade, np.uint8), rows)


HAND = (0, 10.0, 10.0, 50.0, 50.0)
PLACE = HAND[1:]


def test_a_perfect_detector_gets_full_marks() -> None:
    of = figures(judge(Scripted({1: said((0.9, 0, PLACE))}), [photo(1, HAND), photo(2)]), 0.25)
    assert (of.photos, of.hands, of.map50, of.found, of.named, of.right, of.false_alarms) == (2, 1, 1, 1, 1, 1, 0)


def test_a_hand_called_by_another_name_is_found_but_not_named() -> None:
    of = figures(judge(Scripted({1: said((0.9, 1, PLACE))}), [photo(1, HAND)]), 0.25)
    assert (of.found, of.named, of.right, of.map50) == (1, 0, 0, 0)


def test_a_box_on_a_picture_without_a_throw_is_a_false_alarm() -> None:
    detector = Scripted({2: said((0.9, 1, PLACE)), 3: said((0.2, 1, PLACE))})
    of = figures(judge(detector, [photo(1), photo(2), photo(3), photo(4)]), 0.25)
    assert of.false_alarms == 0.25


def test_unsure_boxes_count_for_map50_and_not_for_what_is_shown() -> None:
    of = figures(judge(Scripted({1: said((0.1, 0, PLACE))}), [photo(1, HAND)]), 0.25)
    assert (of.map50, of.found) == (1, 0)


def test_half_beside_the_hand_is_not_found() -> None:
    of = figures(judge(Scripted({1: said((0.9, 0, (35.0, 10.0, 75.0, 50.0)))}), [photo(1, HAND)]), 0.25)
    assert (of.found, of.map50) == (0, 0)


def test_close_ups_hold_one_hand_each_with_some_room() -> None:
    (first, second) = close_ups([photo(1, HAND, (2, 60.0, 60.0, 99.0, 80.0))])
    assert first.pixels.shape == (60, 60, 3)
    assert first.boxes.tolist() == [[0, 10, 10, 50, 50]]
    assert second.boxes[0, 0] == 2
    assert second.pixels.shape[1] == 100 - 50


def test_the_table_has_a_line_for_each_source_and_for_all() -> None:
    written = table(Scripted({1: said((0.9, 0, PLACE))}), [photo(1, HAND, source="a"), photo(2, source="b")], 0.25)
    lines = written.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["a", "b", "all", "close-ups"]
    assert "| 1.00 | 100 % | 100 % | 100 % | 0 % |" in lines[2]
    assert "| – |" in lines[3]


def test_the_source_is_what_stands_before_the_last_underscore() -> None:
    assert source_of("egohands-public_1822.jpg") == "egohands-public"
    assert source_of("a_b_3.png") == "a_b"
    assert source_of("alone.png") == "alone"


def test_sources_are_held_whole_or_by_their_last_frames() -> None:
    photos = [photo(n, source="a") for n in range(10)] + [photo(n, source="b") for n in range(4)]
    learnt, judged = apart(photos, ["a:0.3", "b"])
    assert [one.source for one in judged] == ["a"] * 3 + ["b"] * 4
    assert learnt == photos[:7]


def test_a_source_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match=r"No photographs of c\. There are: a"):
        apart([photo(1, source="a")], ["c"])


def written(folder: Path, label: str | None) -> Path:
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    cv2.imwrite(str(folder / "images" / "a_1.png"), np.zeros((50, 100, 3), np.uint8))
    if label is not None:
        (folder / "labels" / "a_1.txt").write_text(label)
    return folder


def test_photographs_are_read_with_boxes_in_pixels(tmp_path: Path) -> None:
    (one,) = read_photos(written(tmp_path, "2 0.5 0.5 0.2 0.4\n"))
    assert one.boxes[0] == pytest.approx([2, 40, 15, 60, 35])


def test_a_photograph_without_labels_holds_no_throw(tmp_path: Path) -> None:
    (one,) = read_photos(written(tmp_path, None))
    assert np.array_equal(one.boxes, no_boxes())


@pytest.mark.parametrize(("label", "message"), [("0 0.5 0.5", "is not 'class x y"), ("7 .5 .5 .1 .1", "no class 7")])
def test_a_label_that_is_none_is_refused(tmp_path: Path, label: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_photos(written(tmp_path, label))


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, None)
    (folder / "images" / "b_1.jpg").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match="is not a picture"):
        read_photos(folder)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(ValueError, match="holds no pictures"):
        read_photos(tmp_path)
