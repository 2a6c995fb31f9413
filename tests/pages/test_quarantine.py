"""Datasets: a quarantined dataset with its reasons, and accepting it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.catalog.tables import Dataset
from core.loop import contract
from core.storage import datasets
from tests.bad_rows import BAD, make_bad_dataset
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers", "mlflow_store")


def held(kind: str = "labels_exchanged") -> Dataset:
    contract.validate(make_dataset(seed=1))
    return contract.validate(make_bad_dataset(kind))


def open_datasets(role: Role = Role.EDITOR) -> AppTest:
    app = open_page("datasets.py", make_user("eve", role))
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


@pytest.mark.parametrize("kind", BAD)
def test_whatever_is_wrong_the_page_shows_it_with_a_picture(kind: str) -> None:
    dataset = held(kind)
    app = open_datasets(Role.VIEWER)
    assert app.dataframe[0].value["status"].tolist() == ["quarantined", "valid"]
    assert ":red-badge[:material/gpp_bad: quarantined]" in said(app)
    for reason in contract.in_words(dataset).parameters["findings"]:
        assert str(reason) in said(app)
    assert len(app.get("plotly_chart")) >= 3 + (kind not in {"with_unknown_labels"})


def test_accepting_needs_a_reason() -> None:
    dataset = held()
    app = open_datasets()
    app.button(key="btn_accept_dataset").click().run()
    assert "Say in 1 to 500 characters why" in said(app)
    app.text_input(key="accept_reason").set_value("the sign convention changed")
    app.button(key="btn_accept_dataset").click().run()
    assert not app.exception
    taken = datasets.get(dataset.id)
    assert taken is not None and (taken.status, taken.accepted_by) == (datasets.ACCEPTED, "eve")
    assert "Accepted by eve at" in said(app) and "the sign convention changed" in said(app)
    assert app.dataframe[0].value["status"].tolist() == ["accepted", "valid"]
    assert not [one for one in app.button if one.key == "btn_accept_dataset"]


def test_a_viewer_sees_the_reasons_but_cannot_accept() -> None:
    held()
    app = open_datasets(Role.VIEWER)
    assert app.button(key="btn_accept_dataset").disabled and app.text_input(key="accept_reason").disabled
    assert "Accepting requires the editor role" in said(app)


def test_two_people_accept_at_once() -> None:
    dataset = held()
    app = open_datasets()
    app.text_input(key="accept_reason").set_value("mine")
    contract.accept(make_user("ned", Role.EDITOR), dataset.id, "his")
    app.button(key="btn_accept_dataset").click().run()
    assert not app.exception
    taken = datasets.get(dataset.id)
    assert taken is not None and taken.accepted_reason == "his"


def test_train_says_that_the_newest_dataset_is_skipped() -> None:
    dataset = held()
    app = open_page("train.py", make_user("eve", Role.EDITOR))
    assert not app.exception
    assert f"Dataset {dataset.id} is quarantined: a check skips it." in said(app)
    assert f"Newest data: dataset {dataset.id - 1}" in said(app)
    assert not app.button(key="btn_check").disabled


def test_overview_shows_it_among_the_events() -> None:
    dataset = held()
    contract.accept(make_user("ned", Role.EDITOR), dataset.id, "on purpose")
    app = open_page("overview.py", make_user("eve", Role.VIEWER))
    assert not app.exception
    assert "quarantined" in said(app) and "Labels look swapped" in said(app)
    assert f"**dataset {dataset.id}** accepted" in said(app)
