"""Label: the queue, what is known about a picture, many decisions at once, each role, what the browser may send."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.engine import CatalogUnavailableError
from core.catalog.image_tables import Image
from core.config.settings import ROOT
from core.images import FLAGGED, UNSURE, WEBCAM, store
from core.jobs import jobs
from core.labelling import review, review_queue
from core.labelling.flags import FlaggedPrediction
from core.labelling.review_history import stamp
from core.vision.boxes import NewBox
from core.vision.detections import Detections
from core.workloads.rps.classes import CLASSES
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.pictures_of_hands import HANDS

pytestmark = pytest.mark.usefixtures("no_servers")

_greys = count(10)


def picture(*boxes: NewBox, priority: int = 0) -> Image:
    pixels = np.full((48, 64, 3), next(_greys), np.uint8)
    return store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session="s", boxes=boxes, priority=priority)


def box(label: str = "rock", confidence: float = 0.9) -> NewBox:
    return NewBox(label, 0.5, 0.5, 0.2, 0.3, "model", confidence)


def now(image: Image) -> Image:
    found = store.get(image.id)
    assert found is not None
    return found


def open_label(role: Role = Role.EDITOR, name: str = "ada") -> AppTest:
    app = open_page("label.py", make_user(name, role))
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def shown(app: AppTest) -> int | None:
    """The number of the picture in the editor."""
    found = re.search(r"-badge\[[\w ]+\] Image (\d+)", texts(app))
    return int(found.group(1)) if found else None


def in_editor(app: AppTest) -> dict[str, Any]:
    """What the page gave the editor to show."""
    (element,) = app.get("bidi_component")
    data: dict[str, Any] = json.loads(element.proto.json or element.proto.mixed.json)
    return data


def send(app: AppTest, image: Image, action: str, *boxes: dict[str, Any], **other: Any) -> AppTest:
    """What the browser sends when a person decides on ``image`` as it stands now."""
    act = {"action": action, "image": image.id, "seen": stamp(now(image)), "boxes": list(boxes), **other}
    app.session_state["label_act"] = act
    app.run()
    assert not app.exception
    return app


PAPER = {"label": "paper", "x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}


def test_an_empty_queue_tells_the_next_step() -> None:
    app = open_label()
    assert "The review queue is empty" in said(app)
    assert "Collect images" in [link.proto.label for link in app.get("page_link")]


def test_the_most_urgent_picture_comes_with_what_is_known_about_it() -> None:
    picture(box())
    frame = np.full((48, 64, 3), 200, np.uint8)
    answer = Detections(np.array([[8, 8, 32, 32]], np.float32), np.array([0.97], np.float32), np.array([0]))
    flagged = review.flag(
        Actor("eve", Role.VIEWER),
        frame,
        "paper",
        FlaggedPrediction(answer, CLASSES, "v3"),
        session="live-eve",
        collection=HANDS,
    )
    app = open_label()
    assert shown(app) == flagged.id
    assert ":red-badge[Flagged]" in said(app)
    assert "v3 predicted rock (97 %); eve labelled it paper." in said(app)
    assert "**Paper** proposed by a model" in said(app)
    assert "Live of 64 × 48 pixels, recording session live-eve, added just now by eve." in said(app)


def test_reasons_and_filters_narrow_the_queue() -> None:
    rock, doubtful, paper = picture(box()), picture(box("paper", 0.3), priority=UNSURE), picture(box("paper"))
    app = open_label()
    assert app.get("button_group")[0].options == [
        "All 3", "Flagged 0", "Low confidence 1", "Proposed 2", "Unlabelled 0",
    ]  # fmt: skip
    assert shown(app) == doubtful.id
    app.session_state["label_reason"] = "proposed"
    assert shown(app.run()) == rock.id
    app.selectbox(key="label_class_rps").set_value("paper").run()
    assert shown(app) == paper.id
    app.session_state["label_reason"] = "unlabelled"
    app.run()
    assert "No image matches" in said(app)
    review.reject(SYSTEM, [paper.id])
    app.selectbox(key="label_reviewed").set_value("rejected").run()
    assert shown(app) == paper.id
    assert "Reviewed just now by system." in said(app)


def test_deciding_shows_the_next_and_undo_comes_back() -> None:
    first, second, third = picture(box()), picture(box()), picture()
    app = send(open_label(), first, "accept", PAPER)
    assert (now(first).state, now(first).reviewed_by, shown(app)) == ("labelled", "ada", second.id)
    send(app, second, "next")
    assert (now(second).state, shown(app)) == ("proposed", third.id)
    send(app, third, "reject")
    assert now(third).state == "rejected"
    assert "skipped all images in the queue (1)" in said(app)
    app.button(key="btn_label_undo").click().run()
    assert (now(third).state, shown(app)) == ("unlabelled", third.id)
    send(app, third, "undo")
    assert (now(first).state, [one.label for one in now(first).boxes], shown(app)) == ("proposed", ["rock"], first.id)
    send(app, first, "undo")  # nothing left
    assert shown(app) == first.id


def test_another_choice_leaves_the_picture_that_undo_showed() -> None:
    rock, paper = picture(box()), picture(box("paper"))
    app = send(open_label(), rock, "reject")
    send(app, paper, "undo")
    assert shown(app) == rock.id
    app.selectbox(key="label_class_rps").set_value("paper").run()
    assert shown(app) == paper.id


def test_skipped_pictures_come_back_when_asked_for() -> None:
    only = picture(box())
    app = send(open_label(), only, "next")
    assert shown(app) is None
    app.button(key="btn_label_again").click().run()
    assert shown(app) == only.id


def test_accepting_all_confident_proposals_asks_first() -> None:
    sure = [picture(box()) for _ in range(3)]
    flagged, doubtful = picture(box(), priority=FLAGGED), picture(box(confidence=0.5))
    app = open_label()
    assert "**3** proposals have a confidence of at least 80 %" in said(app)
    app.button(key="btn_accept_all").click().run()
    assert "Accept 3 proposals without reviewing" in said(app)
    assert {now(one).state for one in (*sure, flagged, doubtful)} == {"proposed"}


def test_the_second_of_two_people_is_told() -> None:
    image = picture(box())
    app, seen = open_label(), stamp(image)
    review.set_boxes(Actor("bob", Role.EDITOR), image.id, [])
    send(app, image, "accept", PAPER, seen=seen)
    assert "bob reviewed this image at" in said(app)
    assert "Your boxes are shown below" in said(app)
    assert (shown(app), now(image).boxes) == (image.id, [])
    send(app, image, "accept", PAPER)
    assert [one.label for one in now(image).boxes] == ["paper"]


def test_a_catalog_that_does_not_answer_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    image, other = picture(box()), picture(box())
    app = open_label()

    def away(*_: object, **__: object) -> None:
        raise CatalogUnavailableError("The catalog is locked by another process.")

    with monkeypatch.context() as broken:
        broken.setattr(review, "set_boxes", away)
        send(app, image, "accept", PAPER)
        assert "The catalog is locked" in said(app)
    app.run()
    assert [one["label"] for one in in_editor(app)["boxes"]] == ["paper"]  # what was drawn, to be sent again
    send(app, image, "accept", PAPER)
    assert (now(image).state, shown(app)) == ("labelled", other.id)
    with monkeypatch.context() as broken:
        broken.setattr(review, "undo", away)
        send(app, other, "undo")
    send(app, other, "undo")
    assert now(image).state == "proposed"


def test_a_picture_that_was_deleted_meanwhile_is_told() -> None:
    gone, other = picture(box()), picture(box())
    app, seen = open_label(), stamp(gone)
    store.delete(SYSTEM, [gone.id])
    app.session_state["label_act"] = {"action": "accept", "image": gone.id, "seen": seen, "boxes": []}
    app.run()
    assert "it was deleted" in said(app)
    assert shown(app) == other.id


def test_what_no_editor_sends_changes_nothing() -> None:
    image = picture(box())
    app = open_label()
    for boxes in (
        [{**PAPER, "label": "lizard"}],
        [{**PAPER, "x": 0.9}],
        [{**PAPER, "width": 0}],
        [{**PAPER, "x": float("nan")}],
        [{"label": "paper"}],
        [PAPER] * 101,
        ["paper"],
    ):
        send(app, image, "accept", *boxes)
        assert (now(image).state, [one.label for one in now(image).boxes]) == ("proposed", ["rock"])
        assert shown(app) == image.id


def test_a_viewer_may_not_decide_whatever_the_browser_sends() -> None:
    image, _ = picture(box()), picture(box())
    app = open_label(Role.VIEWER, "eve")
    assert shown(app) == image.id
    assert "Requires the editor role" in said(app)
    assert app.button(key="btn_accept_all").disabled
    for action in ("accept", "reject"):
        send(app, image, action)
        assert "Requires the editor role" in said(app)
        assert now(image).state == "proposed"


def test_a_picture_whose_file_is_gone_can_be_put_away() -> None:
    image, other = picture(box(), priority=UNSURE), picture(box())
    store.file_path(image).unlink()
    app = open_label()
    assert "is missing. Delete it" in said(app)
    app.button(key="btn_label_next").click().run()
    assert shown(app) == other.id


def test_a_link_opens_one_picture_whatever_waits() -> None:
    picture(box(), priority=FLAGGED)
    wanted = picture(box())
    app = open_page("overview.py", make_user("ada", Role.EDITOR))
    app.query_params["image"] = str(wanted.id)
    app.switch_page(str(ROOT / "pages" / "label.py")).run()
    assert shown(app) == wanted.id
    send(app, wanted, "reject")
    assert shown(app) != wanted.id


def test_a_link_to_nothing_shows_the_queue() -> None:
    image = picture(box())
    app = open_label()
    for asked in ("999", "-1", "x", "9" * 30, "١"):
        app.query_params["image"] = asked
        app.run()
        assert not app.exception
        assert shown(app) == image.id


def test_newly_labelled_pictures_ask_for_a_dataset() -> None:
    image = picture(box())
    app = send(open_label(), image, "accept", PAPER)
    assert "1 labelled image is in no dataset yet" in said(app)
    app.button(key="btn_label_dataset").click().run()
    assert "Not started. The Prefect server does not respond" in said(app)
    job = jobs.latest(jobs.GENERATE, "rps")
    assert job is not None
    assert job.parameters == {"choices": {"synthetic": 0}}
    assert review_queue.newly_labelled("rps") == 1
