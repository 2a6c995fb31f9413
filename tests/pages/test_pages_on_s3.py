"""Pages over pictures and datasets in a bucket: shown while it answers, explained while it does not."""

from __future__ import annotations

import shutil

import pytest

from core.auth.roles import SYSTEM, Role
from core.config.settings import get_settings
from core.images import UPLOAD, store
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user
from tests.pictures_of_hands import HANDS, box, picture

pytestmark = pytest.mark.usefixtures("no_servers", "lake_on_s3")


def lose_copies() -> None:
    shutil.rmtree(get_settings().cache_dir)


def open_tab(name: str) -> str:
    app = open_page("datasets.py", make_user("eve", Role.EDITOR))
    app.session_state["datasets_tab"] = name
    app.run()
    assert not app.exception
    return texts(app).replace("\\", "")


@pytest.fixture
def images() -> list[store.Image]:
    return [
        store.add(SYSTEM, picture(seed), HANDS, source=UPLOAD, session="s", boxes=[box("rock", provenance="model")])
        for seed in range(3)
    ]


def test_the_gallery_brings_its_pictures(images: list[store.Image]) -> None:
    lose_copies()
    assert "cannot be loaded" not in open_tab("Hands")
    assert len(list((get_settings().cache_dir / "images").iterdir())) == 3


def test_the_gallery_says_which_cannot_be_fetched(images: list[store.Image], monkeypatch: pytest.MonkeyPatch) -> None:
    lose_copies()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_settings.cache_clear()
    assert open_tab("Hands").count("It cannot be loaded now.") == 3


def test_label_says_that_the_place_is_down_and_goes_on(
    images: list[store.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_copies()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_settings.cache_clear()
    app = open_page("label.py", make_user("eve", Role.EDITOR))
    assert not app.exception
    assert "does not respond as expected" in texts(app).replace("\\", "")
    app.button(key="btn_label_next").click().run()
    assert not app.exception


def test_the_sql_tab_works_and_leaves_out_what_it_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make_dataset()
    lose_copies()
    assert f"dataset_{dataset.id}" in open_tab("SQL")
    lose_copies()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    get_settings.cache_clear()
    app = open_page("datasets.py", make_user("ada", Role.EDITOR))
    app.session_state["datasets_tab"] = "SQL"
    app.run()
    assert not app.exception
