"""Right and wrong on Predict, and what Overview shows of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core.auth.roles import SYSTEM, Role
from core.auth.tokens import create_token
from core.auth.users import set_role
from core.catalog.engine import reading, writing
from core.catalog.feedback_tables import Feedback
from core.catalog.tables import utcnow
from core.models import registry
from core.predictions.feedback import Giver, give
from core.predictions.request_ids import new_request
from core.ui.predict import feedback as feedback_page
from core.ui.predict import photo as photo_page
from tests.colour_model import promote_colour_model
from tests.learning import first_champion
from tests.live import picture
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.pictures_of_hands import file_bytes
from tests.videos import LEFT, TOP

pytestmark = pytest.mark.usefixtures("no_servers")
HAND = file_bytes(picture("paper", LEFT, TOP, 320, 320), "PNG")


@pytest.fixture(autouse=True)
def forget() -> None:
    """What earlier pages cached belongs to their own catalog."""
    photo_page._found.clear()
    feedback_page._limit.clear()


@pytest.fixture
def champion(mlflow_store: Path) -> registry.Version:
    return first_champion()


def open_row(role: Role = Role.EDITOR, name: str = "eve") -> AppTest:
    app = open_page("predict.py", make_user(name, role))
    app.session_state["predict_tab"] = "One row"
    app.run()
    app.slider(key="row_linear_x1").set_value(2.0)
    app.slider(key="row_linear_x2").set_value(1.5)
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception
    return app


def offered(app: AppTest) -> set[str]:
    return {one.label for one in app.button} & {"Right", "Wrong", "Undo"}


def rows() -> list[Feedback]:
    with reading() as session:
        return list(session.scalars(select(Feedback).order_by(Feedback.id)))


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_right_is_stored_for_who_is_logged_in_and_can_be_undone(champion: registry.Version) -> None:
    app = open_row()
    assert offered(app) == {"Right", "Wrong"}
    press(app, "Right")
    (row,) = rows()
    assert (row.person, row.workload, row.version, row.features) == ("eve", "linear", champion.version, [2.0, 1.5])
    assert row.label == row.answer
    assert "Stored: **right**" in said(app) and offered(app) == {"Undo"}
    press(app, "Undo")
    assert rows() == [] and offered(app) == {"Right", "Wrong"}


def test_of_two_classes_wrong_says_the_other(champion: registry.Version) -> None:
    app = press(open_row(), "Wrong")
    (row,) = rows()
    assert {row.answer, row.label} == {"0", "1"}
    assert f"Stored: **wrong, it is class {row.label}**" in said(app)


def test_another_point_is_another_prediction(champion: registry.Version) -> None:
    app = press(open_row(), "Right")
    app.slider(key="row_linear_x1").set_value(-2.0).run()
    assert offered(app) == {"Right", "Wrong"}
    press(app, "Wrong")
    assert len({row.request for row in rows()}) == 2
    app.run()
    assert offered(app) == {"Undo"}


def test_a_viewer_is_told_who_may_and_cannot_poison(champion: registry.Version) -> None:
    app = open_row(Role.VIEWER)
    assert offered(app) == set()
    assert "An editor can say here whether the prediction is right." in said(app)


def test_who_became_a_viewer_meanwhile_is_refused(champion: registry.Version) -> None:
    app = open_row()
    (button,) = [one for one in app.button if one.label == "Right"]
    set_role(SYSTEM, "eve", Role.VIEWER)
    button.click().run()
    assert not app.exception and rows() == []


def test_too_many_labels_are_refused_with_the_time_to_wait(
    champion: registry.Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_row()
    monkeypatch.setattr(feedback_page._limit(), "per_hour", 1)
    press(press(app, "Right"), "Undo")
    press(app, "Right")
    assert rows() == [] and "Too many labels in an hour" in said(app)


def test_of_a_photo_the_right_class_or_none_is_chosen(mlflow_store: Path) -> None:
    promote_colour_model()
    app = open_page("predict.py", make_user("eve", Role.EDITOR))
    app.session_state["workload"] = "rps"
    app.session_state["predict_pictures_tab"] = "Photo"
    app.run()
    app.file_uploader(key="photo_file").upload("hand.png", HAND, "image/png").run()
    choices = {"rock", "scissors", "none of these"}
    assert not choices & {one.label for one in app.button}
    press(app, "Wrong")
    assert choices <= {one.label for one in app.button} and "paper" not in {one.label for one in app.button}
    press(app, "scissors")
    (row,) = rows()
    assert (row.workload, row.answer, row.label, row.features) == ("rps", "paper", "scissors", [])
    assert "wrong, it is scissors" in said(app)
    press(app, "Undo")
    assert not choices & {one.label for one in app.button}
    press(press(app, "Wrong"), "none of these")
    assert [row.label for row in rows()] == [""]


def label(version: int, person: str, right: int, wrong: int) -> list[Any]:
    requests = [new_request("linear", version, person, "1", (0.5, float(n))) for n in range(right + wrong)]
    give(Giver(person, person), zip(requests, ["1"] * right + ["0"] * wrong, strict=True))
    return requests


def test_overview_draws_the_accuracy_with_its_interval_and_names_people_to_editors(champion: registry.Version) -> None:
    shared = label(champion.version, "ada", 30, 10)
    give(Giver("bob", "bob"), [(shared[0], "0")])
    create_token(SYSTEM, "nightly", ["feedback"], None)
    give(Giver("token:1", "system"), [(shared[1], "1")])
    app = open_page(actor=make_user("eve", Role.EDITOR))
    assert not app.exception
    assert f"v{champion.version}" in next(one.value for one in app.subheader if "feedback" in one.value)
    assert "0.744 on 39 labelled predictions, 95 % interval" in said(app)
    assert "1 prediction not counted" in said(app)
    drawn = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
    names = [trace.get("name") for chart in drawn for trace in chart["data"]]
    assert {"accuracy on feedback", "95 % interval"} <= set(names)
    table: Any = app.dataframe[-1].value
    assert table["Person"].tolist() == ["ada", "bob", "token nightly"]
    assert table["Labels"].tolist() == [40, 1, 1]
    viewer = open_page(actor=make_user("kim", Role.VIEWER))
    assert "labelled predictions" in said(viewer)
    assert "Labels by person" not in [one.label for one in viewer.expander]


def test_a_new_label_is_drawn_at_once(champion: registry.Version) -> None:
    (request,) = label(champion.version, "ada", 1, 0)
    app = open_page(actor=make_user("eve", Role.EDITOR))
    assert "1.000 on 1 labelled prediction," in said(app)
    give(Giver("ada", "ada"), [(request, "0")])
    assert "0.000 on 1 labelled prediction," in said(app.run())
    with writing() as session:
        session.execute(Feedback.__table__.update().values(at=utcnow(), version=77))  # type: ignore[attr-defined]
    assert "labelled prediction" not in said(app.run())
