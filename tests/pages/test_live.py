"""The Live page: roles, choices, figures, trouble, game, capture and mistakes. The video itself is e2e's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.auth import users
from core.auth.roles import SYSTEM, Actor, Role
from core.config.settings import Settings
from core.images import LIVE, PROPOSED, queries
from core.images.splits import OPEN
from core.labelling import flags, review, review_queue
from core.live.game import Phase
from core.live.model_cache import ModelCache
from core.models import serving
from core.ui.live import choices, readout, stream, viewer_store
from core.vision.detections import Pixels
from core.workloads.rps.workload import RpsWorkload
from tests.colour_model import promote_colour_model, register_colour_model
from tests.live import BrokenDetector, SquareDetector, picture, served
from tests.pages.opening import open_page, texts
from tests.pages.video import Video
from tests.people import make_user
from tests.pictures_of_hands import HANDS
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_servers")


@pytest.fixture
def video(monkeypatch: pytest.MonkeyPatch) -> Video:
    made = Video()
    monkeypatch.setattr(stream, "webrtc_streamer", made)
    return made


@pytest.fixture(autouse=True)
def own_models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test follows its own registry; the starter finds coloured squares."""

    for cached in (viewer_store.model_cache, viewer_store._pool, choices._starter):
        cached.clear()
    ships(monkeypatch, SquareDetector())
    monkeypatch.setattr(viewer_store, "ModelCache", lambda workload: ModelCache(workload, interval_s=0.05, idle_s=0.5))
    yield
    viewer_store.model_cache("rps")._idle_s = 0.0  # nobody waits for the half second that a person may look away
    wait_until(lambda: not viewer_store.model_cache("rps").awake, every=0.01)
    for cached in (viewer_store.model_cache, viewer_store._pool, choices._starter):
        cached.clear()


def ships(monkeypatch: pytest.MonkeyPatch, detector: object | None) -> None:
    """This detector is the one that comes with the project; None: none does."""
    made = served(detector) if detector else None
    monkeypatch.setattr(serving, "served_starter", lambda workload: made)


def open_live(actor: Actor | None = None) -> AppTest:
    app = open_page("live.py", actor or make_user("eve", Role.EDITOR))
    assert not app.exception
    return app


def tab(app: AppTest, name: str) -> AppTest:
    app.session_state["live_tab_rps"] = name
    app.run()
    assert not app.exception
    return app


def watch(app: AppTest, video: Video, pixels: Pixels) -> AppTest:
    """The camera is on and the model has answered a frame."""
    video.playing = True
    app.run()
    viewer = app.session_state["live_viewer"]
    wait_until(lambda: video.send(pixels) is not None and viewer.report().main is not None, every=0.03)
    return app.run()


def used(app: AppTest) -> list[str | None]:
    """The models whose answers this tab has, the first and the one beside it."""
    report = app.session_state["live_viewer"].report()
    return [answers.model if answers else None for answers in (report.main, report.rival)]


def answer(app: AppTest, label: str) -> Button:
    """The button beside the frozen frame that says so."""
    return next(button for button in app.button if button.label == label)


def frozen_caption(app: AppTest) -> str:
    return str(app.get("image")[0].proto.imgs[0].caption)


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_before_the_camera_is_on_the_page_says_how_to_begin(video: Video) -> None:
    app = open_live(make_user("vic", Role.VIEWER))
    assert "Press *Start camera*. Nothing is stored" in said(app)
    assert app.button(key="btn_play").disabled
    assert video.options is not None
    assert video.options["rtc_configuration"] == {"iceServers": []}
    assert video.options["async_processing"] is True
    assert video.options["media_stream_constraints"]["audio"] is False
    assert not viewer_store.model_cache("rps").awake  # nobody watches: no model in memory


def test_what_the_model_sees_is_read_out(video: Video) -> None:
    app = watch(open_live(), video, picture("paper"))
    assert "### Paper :gray[90 %]" in said(app)
    assert "results per second" in said(app)
    assert "ms old · model starter" in said(app)


def test_a_model_that_fails_is_told_and_the_picture_goes_on(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    ships(monkeypatch, BrokenDetector())
    app = watch(open_live(), video, picture("rock"))
    assert "The model fails on these frames.** RuntimeError: the graph fell apart" in said(app)
    assert video.send(picture("rock")).shape == (240, 320, 3)


def test_without_any_model_the_page_says_what_to_do(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    ships(monkeypatch, None)
    app = open_live()
    video.playing = True
    app.run()
    wait_until(lambda: video.send(picture()) is not None and viewer_store.model_cache("rps").problem, every=0.03)
    app.run()
    assert "There is no model yet" in said(app)


def test_a_camera_that_is_lost_is_noticed_and_can_be_started_again(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = watch(open_live(), video, picture("rock"))
    assert video.options is not None
    first = video.options["key"]
    monkeypatch.setattr(readout, "_SILENT_S", 0.0)
    app.run()
    assert "The camera no longer sends video" in said(app)
    app.button(key="btn_live_reset").click().run()
    assert video.options["key"] != first  # a new element, which waits for its start button


def test_a_connection_that_is_not_made_is_explained(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    video.signalling = True
    app = open_live()
    assert "Connecting" in said(app)
    monkeypatch.setattr(time, "monotonic", lambda before=time.monotonic: before() + 60)
    app.run()
    assert "cannot reach each other (ICE)" in said(app)
    assert "SHIFUMI_ICE_SERVERS" in said(app)


def test_models_to_choose_from_and_side_by_side(video: Video, mlflow_store: Path) -> None:
    promote_colour_model()
    promote_colour_model(wider=8)
    register_colour_model(wider=16)
    app = tab(open_live(), "Options")
    labels = app.selectbox(key="live_model_rps").options
    assert labels == ["Champion (v2)", "Challenger (v3)", "Previous (v1)", "Starter"]
    app.selectbox(key="live_rival_rps").select("challenger").run()
    assert "Champion (v2)" not in app.selectbox(key="live_rival_rps").options
    app = watch(app, video, picture("rock"))
    wait_until(lambda: video.send(picture("rock")) is not None and used(app) == ["v2", "v3"], every=0.03)
    app.selectbox(key="live_model_rps").select("previous").run()
    wait_until(lambda: video.send(picture("rock")) is not None and used(app) == ["v1", "v3"], every=0.03)


def test_a_promotion_takes_over_while_the_video_runs(video: Video, mlflow_store: Path) -> None:
    app = watch(open_live(), video, picture("rock"))
    assert used(app) == ["starter", None]
    for version in ("v1", "v2"):
        promote_colour_model(wider=8 * int(version[1]))
        wait_until(lambda: video.send(picture()) is not None and used(app)[0] == version, every=0.03)  # noqa: B023


def test_an_unreachable_registry_leaves_the_starter(video: Video, settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"not a database")
    app = watch(open_live(), video, picture("rock"))
    assert "MLflow's database is damaged or was emptied" in said(app)
    assert "model starter" in said(app)


def test_confidence_and_mirror_are_kept_and_used(video: Video) -> None:
    app = tab(open_live(), "Options")
    app.slider(key="live_confidence").set_value(0.75)
    app.toggle(key="live_mirrored").set_value(False)
    app.run()
    wishes = app.session_state["live_viewer"].wishes
    assert (wishes.confidence, wishes.mirrored) == (0.75, False)
    tab(app, "Play")
    tab(app, "Options")
    assert app.slider(key="live_confidence").value == 0.75


def test_a_game_from_start_to_end(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.live.game.Timings.__init__.__defaults__", (0.03, 0.15, 0.05, 0.1, 0.03), raising=False)
    app = watch(open_live(), video, picture("rock"))
    app.button(key="btn_play").click().run()
    assert "Its commitment: `" in said(app)
    viewer = app.session_state["live_viewer"]

    def over() -> bool:
        video.send(picture("rock"))
        if viewer.report().match.phase is Phase.PAUSED:  # a busy machine showed no throw in time, three times
            viewer.play(RpsWorkload.beats)
        return viewer.report().match.phase is Phase.OVER

    wait_until(over, timeout=60, every=0.02)
    app.run()
    match = viewer.report().match
    assert ("You win the game!" if match.winner == "you" else "The machine wins the game.") in said(app)
    assert f"{match.won('you')}" == app.metric[0].value
    assert f"`{match.rounds[0].commitment.digest}` = `{match.rounds[0].commitment.throw}:" in texts(app)
    assert app.button(key="btn_play").label == "Play again"


def test_a_game_waits_while_another_tab_is_open(video: Video) -> None:
    app = watch(open_live(), video, picture("rock"))
    app.button(key="btn_play").click().run()
    tab(app, "Correct")
    assert not app.session_state["live_viewer"].report().match.running
    tab(app, "Play")
    assert "The game is paused." in said(app)
    app.button(key="btn_play").click().run()
    assert app.session_state["live_viewer"].report().match.running
    app.button(key="btn_give_up").click().run()
    assert app.session_state["live_viewer"].report().match is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_a_mistake_goes_to_the_review_and_nothing_before(video: Video, role: Role) -> None:
    app = tab(watch(open_live(make_user("vic", role)), video, picture("rock")), "Correct")
    app.button(key="btn_wrong").click().run()
    assert "starter predicted rock." in frozen_caption(app)
    assert review_queue.queue("rps") == []
    answer(app, "Paper").click().run()
    (image,) = review_queue.queue("rps")
    assert (image.source, image.state, image.created_by) == (LIVE, PROPOSED, "vic")
    assert [box.label for box in image.boxes] == ["paper"]
    assert review_queue.reason_of(image) == review_queue.FLAGGED
    assert f"is in the review queue as image {image.id}, labelled “paper” (1 waiting)" in said(app)
    assert "Open it on Label" in [link.proto.label for link in app.get("page_link")]


def test_a_frame_that_was_decided_about_does_not_wait_again(video: Video) -> None:
    app = tab(watch(open_live(make_user("ed", Role.EDITOR)), video, picture("rock")), "Correct")
    moment = app.session_state["live_viewer"].moment()
    kept = flags.flag(
        SYSTEM,
        moment.pixels,
        "rock",
        flags.FlaggedPrediction(moment.said, moment.classes),
        session="s",
        collection=HANDS,
    )
    review.accept(SYSTEM, [kept.id])
    app.button(key="btn_wrong").click().run()
    answer(app, "Paper").click().run()
    assert f"image {kept.id} and reviewed" in said(app)
    assert review_queue.queue("rps") == []


def test_a_frame_without_a_throw_and_second_thoughts(video: Video) -> None:
    app = tab(watch(open_live(), video, picture("rock")), "Correct")
    app.button(key="btn_wrong").click().run()
    answer(app, "Cancel").click().run()
    assert review_queue.queue("rps") == []
    app.button(key="btn_wrong").click().run()
    answer(app, "None of these").click().run()
    (image,) = review_queue.queue("rps")
    assert list(image.boxes) == []


def test_a_late_answer_is_not_taken_for_one_about_the_next_frame(video: Video) -> None:
    """On a slow server the buttons of the last frame are still there while the next one is frozen."""
    app = tab(watch(open_live(), video, picture("rock")), "Correct")
    app.button(key="btn_wrong").click().run()
    late = WidgetState(id=answer(app, "Paper").id, trigger_value=True)
    answer(app, "Cancel").click().run()
    viewer = app.session_state["live_viewer"]

    def sees_nothing() -> bool:
        """After a pause the model is fetched again, and until then there is no answer."""
        video.send(picture())
        moment = viewer.moment()
        return moment is not None and not len(moment.said)

    wait_until(sees_nothing, every=0.03)
    app.button(key="btn_wrong").click().run()
    assert "starter predicted nothing." in frozen_caption(app)
    app._run(WidgetStates(widgets=[late]))
    assert review_queue.queue("rps") == []
    assert "starter predicted nothing." in frozen_caption(app)


def test_flagging_asks_who_it_is_at_that_moment(video: Video) -> None:
    admin, actor = make_user("ada"), make_user("vic", Role.VIEWER)
    app = tab(watch(open_live(actor), video, picture("rock")), "Correct")
    app.button(key="btn_wrong").click().run()
    users.set_disabled(admin, "vic", True)
    answer(app, "Paper").click().run()
    assert review_queue.queue("rps") == []


def test_viewers_cannot_capture_and_are_told(video: Video) -> None:
    app = tab(open_live(make_user("vic", Role.VIEWER)), "Capture")
    assert "Requires the editor role" in said(app)


def test_the_person_is_asked_for_once_and_kept_with_the_account(video: Video) -> None:
    eve = make_user("eve", Role.EDITOR)
    app = tab(watch(open_live(eve), video, picture("rock")), "Capture")
    (field,) = [one for one in app.text_input if one.label == "Person"]
    assert field.value == "eve"
    field.set_value("  Grandma  Ada").run()
    viewer = app.session_state["live_viewer"]
    assert viewer.person == "Grandma Ada"
    tab(app, "Correct").button(key="btn_wrong").click().run()
    answer(app, "Paper").click().run()
    (flagged,) = queries.listed()
    assert (flagged.person, flagged.split) == ("Grandma Ada", OPEN)
    again = tab(open_live(eve), "Capture")  # another tab of the browser, another day
    assert [one.value for one in again.text_input if one.label == "Person"] == ["Grandma Ada"]
    (field,) = [one for one in again.text_input if one.label == "Person"]
    field.set_value(" ").run()
    assert again.session_state["live_viewer"].person == "eve"


def test_a_hold_is_ended_when_the_tab_with_the_button_goes(video: Video) -> None:
    app = tab(watch(open_live(), video, picture("rock")), "Capture")
    recorder = app.session_state["live_viewer"].recorder
    recorder.begin(Actor("eve", Role.EDITOR), "rock")
    assert recorder.holding
    tab(app, "Play")
    assert not recorder.holding


def test_the_page_is_for_people_who_are_logged_in(video: Video) -> None:
    app = open_page("live.py")
    assert [field.label for field in app.text_input] == ["Username", "Password"]
    assert video.options is None
