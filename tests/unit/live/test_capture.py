"""Hold to record: what is stored, what is left out, who may, and what ends it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest

from core import images
from core.auth.roles import Actor, ForbiddenError, Role
from core.catalog.image_tables import Image
from core.config.settings import get_settings
from core.images import queries
from core.images.collection import ImageCollection
from core.images.shots import Shot
from core.images.splits import OPEN
from core.live import capture
from core.live import capture_labels as capture_labelling
from core.live.capture import GUIDE, LONGEST_S, PER_SECOND, CaptureResult, Recorder, alike, thumbnail
from core.live.capture_labels import image_saver
from core.live.frames import Frame
from core.vision.boxes import NewBox
from core.vision.detections import Detections, Pixels
from core.vision.provenance import MODEL
from core.workloads.rps import proposer as mediapipe
from core.workloads.rps.proposer import MediaPipe
from tests.live import SIZE, SquareDetector, model, picture
from tests.people import make_user
from tests.pictures_of_hands import HANDS
from tests.waiting import wait_until

EDITOR = Actor("eve", Role.EDITOR)


def recorder(keep: capture.SaveImage | None = None) -> Recorder:
    return Recorder(keep or image_saver(lambda: HANDS, lambda: None, lambda: model(SquareDetector())))


def finished(made: Recorder) -> CaptureResult:
    made.end()
    wait_until(lambda: made.captured and made.captured.done, every=0.01)
    assert made.captured is not None
    return made.captured


def film(made: Recorder, pictures: Sequence[Pixels], per_second: float = PER_SECOND) -> None:
    """Offer frames at a camera's pace, each once the one before was taken from the queue."""
    assert made._take is not None
    start = made._take._began
    for number, pixels in enumerate(pictures):
        made.offer(Frame(pixels, start + number / per_second))
        # A recording that ended by itself leaves its own end in the queue.
        wait_until(lambda: made._take and (made._take.closed or made._take._queue.empty()), every=0.002)


def moving(count: int, throw: str = "rock") -> list[Pixels]:
    return [picture(throw, left=10 + 20 * number) for number in range(count)]


def stored() -> list[Image]:
    return queries.listed(limit=100)


def test_what_is_held_is_stored_with_its_label_and_a_proposed_box() -> None:
    actor, made = make_user("eve", Role.EDITOR), recorder()
    made.begin(actor, "paper")  # the model says rock: the person knows better
    film(made, moving(5))
    done = finished(made)
    assert (done.stored, done.alike, done.problem) == (5, 0, None)
    assert done.proposers == (("the model", 5),)
    rows = stored()
    assert {(row.source, row.state, row.session, row.created_by) for row in rows} == {
        (images.WEBCAM, images.PROPOSED, f"eve {datetime.now():%Y-%m-%d}", "eve")
    }
    assert {(row.person, row.hold, row.split) for row in rows} == {("eve", done.hold, OPEN)}
    times = sorted(row.taken_at for row in rows if row.taken_at)
    assert [(later - times[0]).total_seconds() for later in times] == pytest.approx(
        [n / PER_SECOND for n in range(5)], abs=1e-5
    )
    (box,) = min(rows, key=lambda row: row.id).boxes
    assert (box.label, box.provenance, box.confidence) == ("paper", MODEL, pytest.approx(0.9))
    assert (box.x * 320, box.width * 320) == pytest.approx((10 + SIZE / 2, SIZE))


def test_the_holds_of_one_person_on_one_day_are_one_session_and_another_person_is_another() -> None:
    actor, made, holds = make_user("eve", Role.EDITOR), recorder(), set()
    for turn, person in enumerate((None, None, " Grandma  Ada ")):
        made.begin(actor, "rock", person)
        film(made, [picture("rock", left=50 * turn)])
        holds.add(finished(made).hold)
    assert {row.hold for row in stored()} == holds and len(holds) == 3
    today = f"{datetime.now():%Y-%m-%d}"
    assert sorted(row.session for row in stored()) == [f"Grandma Ada {today}", f"eve {today}", f"eve {today}"]
    assert queries.last_person("eve") == "Grandma Ada"


def test_frames_on_which_nothing_moved_are_left_out() -> None:
    made = recorder()
    made.begin(make_user("eve", Role.EDITOR), "rock")
    noise = np.random.default_rng(0)
    still = [np.clip(picture("rock") + noise.normal(0, 3, (240, 320, 3)), 0, 255).astype(np.uint8) for _ in range(6)]
    film(made, [*still, picture("rock", left=180)])
    done = finished(made)
    assert (done.stored, done.alike) == (2, 5)


def test_a_moved_hand_is_not_alike_and_a_webcams_noise_is() -> None:
    noise = np.random.default_rng(1).normal(0, 4, (480, 640, 3))
    here = picture("rock", width=640, height=480)
    noisy = np.clip(here + noise, 0, 255).astype(np.uint8)
    there = picture("rock", left=110, width=640, height=480)
    assert alike(thumbnail(here), thumbnail(noisy))
    assert not alike(thumbnail(here), thumbnail(there))


def test_thirty_frames_a_second_become_twelve() -> None:
    made = recorder(lambda actor, pixels, label, shot: "nobody")
    made.begin(EDITOR, "rock")
    film(made, [picture("rock", left=number % 200, top=number % 100) for number in range(60)], per_second=30)
    done = finished(made)
    assert 22 <= done.stored + done.alike <= 26


def test_a_slow_disk_delays_nobody_and_keeps_little_waiting() -> None:
    let_go, kept = threading.Event(), list[Pixels]()

    def slow(actor: Actor, pixels: Pixels, label: str, shot: Shot) -> str:
        assert let_go.wait(10)
        kept.append(pixels)
        return "nobody"

    made = recorder(slow)
    made.begin(EDITOR, "rock")
    for number in range(100):  # returns at once each time, or this test would not end
        made.offer(_at(made, number))
    let_go.set()
    finished(made)
    assert 1 <= len(kept) <= 6


def _at(made: Recorder, number: int) -> Frame:
    assert made._take is not None
    return Frame(picture("rock", left=number), made._take._began + number / PER_SECOND)


def test_without_anything_that_finds_the_hand_the_guide_box_is_the_box() -> None:
    made = recorder(image_saver(lambda: HANDS, lambda: None, lambda: None))
    made.begin(make_user("eve", Role.EDITOR), "scissors")
    film(made, [picture("rock")])
    done = finished(made)
    assert done.proposers == (("the guide box", 1),)
    (box,) = stored()[0].boxes
    left, top, right, bottom = GUIDE
    assert (box.x, box.y, box.width, box.height) == pytest.approx((0.5, 0.5, right - left, bottom - top))
    assert box.confidence == 0  # never accepted in bulk


def test_landmarks_come_before_the_model_and_the_largest_hand_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    small = NewBox("rock", 0.2, 0.2, 0.1, 0.1, MODEL, 0.9)
    large = NewBox("paper", 0.6, 0.6, 0.3, 0.3, MODEL, 0.7)
    monkeypatch.setattr(mediapipe, "available", lambda: None)
    monkeypatch.setattr(mediapipe, "propose", lambda pixels: [small, large])
    box, proposer = capture_labelling.propose(picture("rock"), "scissors", MediaPipe(), model(SquareDetector()))
    assert proposer == "MediaPipe"
    assert (box.label, box.x, box.confidence) == ("scissors", large.x, 0.7)


def test_a_box_of_the_model_that_is_none_stops_no_recording() -> None:
    """It used to: a box beside the picture ended the recording with an error."""

    class Beside(SquareDetector):
        def detect(self, picture: Pixels, confidence: float = 0.25) -> Detections:
            return Detections(np.array([[-50, 0, -10, 40]], np.float32), np.array([0.9], np.float32), np.array([0]))

    box, proposer = capture_labelling.propose(picture("rock"), "scissors", None, model(Beside()))
    assert (box.label, proposer) == ("scissors", capture_labelling.GUIDED)


def test_where_a_label_is_for_the_whole_image_nothing_is_left_to_find() -> None:
    members = ImageCollection("photos", ("Ada", "Ben"), whole_image=True)
    made = recorder(image_saver(lambda: members, lambda: None, lambda: model(SquareDetector())))
    made.begin(make_user("eve", Role.EDITOR), "Ben")
    film(made, [picture("rock")])
    assert finished(made).proposers == (("you", 1),)
    image = stored()[0]
    (box,) = image.boxes
    assert (image.workload, image.state) == ("photos", "labelled")
    assert (box.label, box.width, box.height, box.provenance) == ("Ben", 1.0, 1.0, "human")


def test_viewers_may_not_record() -> None:
    made = recorder()
    with pytest.raises(ForbiddenError, match="editor"):
        made.begin(Actor("vic", Role.VIEWER), "rock")
    assert not made.holding
    made.offer(Frame(picture("rock"), 1.0))
    made.end()
    assert stored() == []


def test_nothing_is_stored_before_and_after_the_hold() -> None:
    made = recorder()
    made.offer(Frame(picture("rock"), 1.0))
    made.begin(make_user("eve", Role.EDITOR), "rock")
    film(made, [picture("rock")])
    finished(made)
    for number in range(30):
        made.offer(Frame(picture("rock", left=number), 1e9 + number))
    assert len(stored()) == 1


def test_a_hold_that_is_never_let_go_ends_by_itself() -> None:
    made = recorder(lambda actor, pixels, label, shot: "nobody")
    made.begin(EDITOR, "rock")
    assert made._take is not None
    made.offer(Frame(picture("rock"), made._take._began + LONGEST_S + 1))
    assert not made.holding
    wait_until(lambda: made.captured and made.captured.done, every=0.01)


def test_a_full_disk_ends_the_recording_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_MIN_FREE_DISK_MB", "1000000000")
    get_settings.cache_clear()
    made = recorder()
    made.begin(make_user("eve", Role.EDITOR), "rock")
    film(made, [picture("rock")])
    wait_until(lambda: made.captured and made.captured.done, every=0.01)
    assert made.captured is not None
    assert "disk" in str(made.captured.problem).lower()
    assert not made.holding
    assert stored() == []


def test_an_account_that_lost_its_role_meanwhile_stops_recording() -> None:
    def forbidden(actor: Actor, pixels: Pixels, label: str, shot: Shot) -> str:
        raise ForbiddenError("Requires the editor role")

    made = recorder(forbidden)
    made.begin(EDITOR, "rock")
    film(made, [picture("rock")])
    wait_until(lambda: made.captured and made.captured.done, every=0.01)
    assert made.captured is not None and "editor" in str(made.captured.problem)
