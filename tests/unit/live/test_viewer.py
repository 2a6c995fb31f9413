"""A stream from frame to frame: boxes, mirror, swap, side by side, game, trouble."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.live import game
from core.live.engine_pool import EnginePool
from core.live.frames import Model
from core.live.viewer import Viewer, ViewerOptions
from core.vision import drawing
from core.vision.detections import Detections, Pixels
from core.workloads.rps.workload import RpsWorkload
from tests.live import SIZE, BrokenDetector, HeldDetector, SquareDetector, model, picture
from tests.waiting import wait_until

BEATS = RpsWorkload.beats


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def painted(pixels: Pixels, colour: drawing.Colour) -> NDArray[np.bool_]:
    """Where a picture has this very colour."""
    return np.asarray((pixels == np.array(colour, np.uint8)).all(axis=2))


def edges(pixels: Pixels, colour: drawing.Colour) -> tuple[int, int]:
    """The leftmost and the rightmost column with this colour."""
    columns = np.flatnonzero(painted(pixels, colour).any(axis=0))
    return int(columns[0]), int(columns[-1])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stream(clock: Clock, main: Model, rival: Model | None = None, **wishes: object) -> Viewer:
    chosen = ViewerOptions(lambda: main, (lambda: rival) if rival else None, **wishes)  # type: ignore[arg-type]
    return Viewer(EnginePool(), chosen, clock)


def see_until_answered(viewer: Viewer, clock: Clock, pixels: Pixels) -> Pixels:
    """Some frames a second, until boxes about this very picture are in it."""
    before = viewer._main.result
    viewer.process_frame(pixels)
    wait_until(lambda: viewer._main.result is not before, every=0.001)
    clock.now += 0.12
    return viewer.process_frame(pixels)


def test_the_first_frame_goes_back_without_waiting_for_the_detector(clock: Clock) -> None:
    detector = HeldDetector()
    viewer = stream(clock, model(detector), mirrored=False)
    pixels = picture("rock")
    assert np.array_equal(viewer.process_frame(pixels), pixels)
    assert detector.begun.acquire(timeout=10)
    for _ in range(20):
        assert viewer.process_frame(pixels).shape == pixels.shape  # it is at the first one still
    assert len(detector.seen) == 1
    viewer.end()
    detector.go_on.release(3)


def test_boxes_are_where_the_hand_is_and_the_frame_itself_stays_clean(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()), mirrored=False)
    pixels = picture("paper", left=100)
    sent = see_until_answered(viewer, clock, pixels)
    left, right = edges(sent[140:], drawing.MAIN)  # under the words
    assert left == pytest.approx(100, abs=2)
    assert right == pytest.approx(100 + SIZE, abs=2)
    assert not painted(pixels, drawing.MAIN).any()
    (hand,) = viewer.report().main.boxes  # type: ignore[union-attr]
    assert (hand.name, hand.confidence) == ("paper", pytest.approx(0.9))


def test_a_mirror_shows_the_box_on_the_other_side(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()), mirrored=True)
    pixels = picture("rock", left=20)
    sent = see_until_answered(viewer, clock, pixels)
    left, right = edges(sent[140:], drawing.MAIN)
    assert left == pytest.approx(320 - 20 - SIZE, abs=2)
    assert right == pytest.approx(320 - 20, abs=2)
    assert sent[100, 320 - 60].tolist() == [0, 0, 255]  # the hand is there, too


def test_what_is_below_the_wanted_confidence_is_not_shown(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()), mirrored=False, confidence=0.95)
    sent = see_until_answered(viewer, clock, picture("rock"))
    assert not painted(sent, drawing.MAIN).any()
    assert viewer.report().main.boxes == ()  # type: ignore[union-attr]


def test_a_new_model_takes_over_between_two_frames(clock: Clock) -> None:
    serving = [model(SquareDetector(), "v1")]
    viewer = Viewer(EnginePool(), ViewerOptions(lambda: serving[0]), clock)
    see_until_answered(viewer, clock, picture("rock"))
    assert viewer.report().main.model == "v1"  # type: ignore[union-attr]
    held = HeldDetector()
    serving[0] = model(held, "v2")
    sent = viewer.process_frame(picture("rock"))
    assert painted(sent, drawing.MAIN).any()  # until the new one answers, the old boxes stay
    assert held.begun.acquire(timeout=10)
    held.go_on.release()
    wait_until(lambda: viewer.report().main.model == "v2")  # type: ignore[union-attr]
    viewer.end()


def test_champion_and_challenger_side_by_side(clock: Clock) -> None:
    class Shifted(SquareDetector):
        def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
            found = super().detect(picture, confidence)
            return Detections(found.boxes + np.float32(30), found.scores, found.labels)

    viewer = stream(clock, model(SquareDetector(), "v1"), model(Shifted(), "v2"), mirrored=False)
    pixels = picture("rock", left=100)
    viewer.process_frame(pixels)
    wait_until(lambda: viewer.report().main and viewer.report().rival)
    sent = viewer.process_frame(pixels)
    assert edges(sent[120:], drawing.MAIN)[0] == pytest.approx(100, abs=2)
    assert edges(sent[:150], drawing.RIVAL)[0] == pytest.approx(130, abs=2)
    assert [answers.model for answers in (viewer.report().main, viewer.report().rival) if answers] == ["v1", "v2"]
    viewer.wishes = ViewerOptions(viewer.wishes.main)
    viewer.process_frame(pixels)
    assert viewer.report().rival is None


def test_a_broken_detector_leaves_the_picture_running_and_says_so(clock: Clock) -> None:
    viewer = stream(clock, model(BrokenDetector()), mirrored=False)
    pixels = picture("rock")
    sent = see_until_answered(viewer, clock, pixels)
    assert np.array_equal(sent, pixels)
    assert viewer.report().main.error == "RuntimeError: the graph fell apart"  # type: ignore[union-attr]


def test_trouble_with_a_model_source_gives_the_bare_picture_back(clock: Clock) -> None:
    def lost() -> Model | None:
        raise LookupError("the registry went away")

    viewer = Viewer(EnginePool(), ViewerOptions(lost), clock)
    pixels = picture("rock")
    assert viewer.process_frame(pixels) is pixels


def test_without_a_model_there_is_a_picture_and_no_answer(clock: Clock) -> None:
    viewer = Viewer(EnginePool(), ViewerOptions(lambda: None, mirrored=False), clock)
    assert np.array_equal(viewer.process_frame(picture("rock")), picture("rock"))
    assert viewer.report().main is None
    assert viewer.moment() is None


def test_a_stream_that_fell_silent_is_noticed(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()))
    assert viewer.report().silent_s is None
    viewer.process_frame(picture())
    clock.now += 4
    assert viewer.report().silent_s == pytest.approx(4)
    viewer.end()
    assert viewer.report().silent_s is None


def test_old_boxes_are_not_drawn(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()), mirrored=False)
    pixels = picture("rock")
    see_until_answered(viewer, clock, pixels)
    viewer.wishes = ViewerOptions(lambda: viewer_model, mirrored=False)
    viewer_model = model(HeldDetector(), "v2")
    clock.now += 2
    assert not painted(viewer.process_frame(pixels), drawing.MAIN).any()
    viewer.end()


def test_the_age_of_the_boxes_is_counted_from_their_frame(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()))
    viewer.process_frame(picture("rock"))
    wait_until(lambda: viewer.report().main, every=0.001)
    viewer.wishes = ViewerOptions(viewer.wishes.main)
    clock.now += 0.08
    viewer._main.draw(picture(), clock.now, drawing.MAIN, False)
    assert viewer.report().main.age_ms == pytest.approx(80)  # type: ignore[union-attr]


def test_a_moment_is_the_frame_and_what_was_said_about_it(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector(), "v7"))
    pixels = picture("scissors")
    see_until_answered(viewer, clock, pixels)
    moment = viewer.moment()
    assert moment is not None
    assert moment.pixels is pixels
    assert (moment.said.labels.tolist(), moment.model) == ([2], "v7")


def test_a_game_is_played_by_showing_hands(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()))
    pixels = picture("paper")
    see_until_answered(viewer, clock, pixels)
    viewer.play(BEATS)
    for _ in range(2000):
        if viewer.report().match.phase is game.Phase.OVER:  # type: ignore[union-attr]
            break
        see_until_answered(viewer, clock, pixels)
    match = viewer.report().match
    assert match is not None
    assert match.phase is game.Phase.OVER
    assert {played.you for played in match.rounds} == {"paper"}
    assert max(match.won("you"), match.won("machine")) == game.WINS
    viewer.play(BEATS)
    assert viewer.report().match.rounds == ()  # type: ignore[union-attr]
    viewer.give_up()
    assert viewer.report().match is None


def test_a_game_without_a_hand_pauses_and_goes_on(clock: Clock) -> None:
    viewer = stream(clock, model(SquareDetector()))
    viewer.play(BEATS)
    while viewer.report().match.running:  # type: ignore[union-attr]
        see_until_answered(viewer, clock, picture())
    assert viewer.report().match.unseen == game.MAX_MISSED_ROUNDS  # type: ignore[union-attr]
    viewer.play(BEATS)
    assert viewer.report().match.phase is game.Phase.COUNTDOWN  # type: ignore[union-attr]
    viewer.pause()
    assert not viewer.report().match.running  # type: ignore[union-attr]


@pytest.mark.parametrize("words", ["3", "Go!", "Scissors! You win", "A sentence that is far too long for the picture"])
def test_words_stay_inside_the_picture(words: str) -> None:
    pixels = picture()
    drawing.draw_words(pixels, words)
    white = painted(pixels, (255, 255, 255))
    assert white.any()
    assert not white[:, 0].any() and not white[:, -1].any() and not white[0].any()
