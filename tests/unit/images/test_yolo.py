"""Label lines and data.yaml, as tools really write them and as nobody should."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.images.yolo import BadLineError, parse_labels, parse_line, write_line, write_yaml
from core.images.yolo_names import BadNamesError, parse_names


@st.composite
def places(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Boxes inside the picture, at least a hundredth wide and high."""
    left, right = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    top, bottom = sorted(draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    assume(right - left > 0.01 and bottom - top > 0.01)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


@given(st.integers(0, 79), places())
def test_a_written_line_reads_back(index: int, place: tuple[float, float, float, float]) -> None:
    line = parse_line(write_line(index, place))
    assert line.index == index
    assert line.place == pytest.approx(place, abs=1e-6)


@given(places(), st.integers(0, 5))
def test_a_polygon_becomes_the_box_around_it(place: tuple[float, float, float, float], turn: int) -> None:
    x, y, width, height = place
    left, right, top, bottom = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    corners = [(left, y), (x, top), (right, y), (x, bottom)]
    corners = corners[turn % 4 :] + corners[: turn % 4]
    text = " ".join(["3", *(f"{value:.9f}" for corner in corners for value in corner)])
    assert parse_line(text).place == pytest.approx(place, abs=1e-6)


@given(st.text())
def test_any_text_is_a_line_or_a_refusal(text: str) -> None:
    try:
        line = parse_line(text)
    except BadLineError as error:
        assert len(str(error)) > 5
    else:
        assert line.index >= 0 and all(-0.01 <= value <= 1.01 for value in line.place)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 .5 .5 .2", "4 numbers .a box"),
        ("0 .5 .5 .2 .2 .9", "found 5"),
        ("rock .5 .5 .2 .2", "only numbers"),
        ("-1 .5 .5 .2 .2", "from 0"),
        ("1.5 .5 .5 .2 .2", "from 0"),
        ("nan .5 .5 .2 .2", "from 0"),
        ("inf .5 .5 .2 .2", "from 0"),
        ("0 nan .5 .2 .2", "finite"),
        ("0 .5 .5 1e999 .2", "finite"),
        ("0 .5 .5 0 .2", "above 0"),
        ("0 1.5 .5 .2 .2", "beyond the image"),
        ("0 320 240 50 60", "beyond the image"),
        ("", "only numbers"),
    ],
)
def test_a_line_that_says_no_box_says_why(text: str, why: str) -> None:
    with pytest.raises(BadLineError, match=why):
        parse_line(text)


def test_one_bad_line_does_not_spoil_the_others() -> None:
    lines, faults = parse_labels("0 .5 .5 .2 .2\r\n\n7 .5 .5 2 .2\n2.0 .1 .1 .1 .1  \n")
    assert [line.index for line in lines] == [0, 2]
    assert len(faults) == 1 and str(faults[0]).startswith("line 3: The box extends beyond")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [Paper, Rock, Scissors]\nnc: 3\n", ["Paper", "Rock", "Scissors"]),
        ("names:\n  0: rock\n  1: paper\n", ["rock", "paper"]),
        ("names:\n  2: scissors\n  0: rock\n", ["rock", "class 1", "scissors"]),
        ("names: {'0': rock, '1': paper}", ["rock", "paper"]),
        ("names: [1, 2]", ["1", "2"]),
    ],
)
def test_names_come_as_a_list_or_by_number(text: str, names: list[str]) -> None:
    assert parse_names(text) == names


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("train: ../train/images", "no list"),
        ("names: []", "no list"),
        ("names: rock", "no list"),
        ("names: {a: rock}", "not numbered"),
        ("names: {-1: rock}", "must be numbered from 0"),
        ("names: {999999999: rock}", "must be numbered from 0"),
        ("names: [rock", "cannot be read"),
        ("names: !!python/object/apply:os.system ['true']", "cannot be read"),
        ("x: !!bool maybe\nnames: [rock]", "cannot be read"),
        ("x: !!timestamp abc\nnames: [rock]", "cannot be read"),
        ("x: !!int ''\nnames: [rock]", "cannot be read"),
        ("x: !!float ''\nnames: [rock]", "cannot be read"),
        ("[" * 3000, "nested"),
        ("- just a list", "no list"),
        ("", "no list"),
    ],
)
def test_a_description_without_names_says_why(text: str, why: str) -> None:
    with pytest.raises(BadNamesError, match=why):
        parse_names(text)


def test_what_we_write_is_what_we_read() -> None:
    assert parse_names(write_yaml(["rock", "paper", "scissors"])) == ["rock", "paper", "scissors"]


def test_a_few_hundred_bytes_of_aliases_do_not_become_gigabytes() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    text = f"a0: &a0 [x]\n{levels}names: [*a8]\n"
    assert len(text) < 500
    began = time.process_time()
    with pytest.raises(BadNamesError, match="alias"):
        parse_names(text)
    assert time.process_time() - began < 5, "it took minutes, with everybody waiting"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("names: [[rock], [paper]]", "must be words"),
        ("names: {0: {a: b}}", "must be words"),
        ("names: [" + "[" * 50 + "]" * 50 + "]", "nested"),
        ("names: [" + "x" * 5000 + "]", "5,000 characters"),
        ("names: [1" + ":1" * 3000 + "]", "6,001 characters"),
        ("names: [" + "a, " * 100_000 + "]", "the maximum is 200,000"),
        ("a: &a\n  b: c\nd:\n  <<: *a\nnames: [x]", "alias"),
    ],
)
def test_a_description_that_is_not_plain_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadNamesError, match=why):
        parse_names(text)
