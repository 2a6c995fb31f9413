"""Datasets, SQL: examples, results, errors."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.config.settings import get_settings
from core.storage import lake
from core.workloads.linear.sql import EXAMPLES
from tests.learning import make_dataset
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


def open_sql(role: Role = Role.VIEWER) -> AppTest:
    app = open_page("datasets.py", make_user("eve", role))
    app.session_state["datasets_tab"] = "SQL"
    app.run()
    assert not app.exception
    return app


def ask(app: AppTest, query: str) -> AppTest:
    app.text_area(key="sql_text").set_value(query)
    return app.button(key="btn_run_sql").click().run()


def test_without_data_the_tab_says_where_to_get_some() -> None:
    app = open_sql()
    assert "There is no dataset yet: create one" in texts(app)
    assert "`datasets`" in texts(app)


def test_only_the_open_tab_does_any_work() -> None:
    assert not open_sql().slider


def test_a_viewer_asks_and_sees_rows() -> None:
    dataset = make_dataset()
    app = ask(open_sql(), f"SELECT count(*) AS n FROM dataset_{dataset.id}")  # noqa: S608
    assert app.dataframe[0].value["n"].tolist() == [2_000]
    assert "1 row." in texts(app)
    assert not app.get("download_button")[0].proto.disabled


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_each_example_fills_the_form_and_runs(name: str) -> None:
    make_dataset()
    app = open_sql()
    app.pills[0].set_value(name).run()
    assert app.text_area(key="sql_text").value == EXAMPLES[name]
    assert app.pills[0].value is None
    app.button(key="btn_run_sql").click().run()
    assert not app.error
    assert not app.dataframe[0].value.empty


def test_a_mistake_is_explained_and_the_old_result_is_gone() -> None:
    make_dataset()
    app = ask(ask(open_sql(), "SELECT 1 AS a"), "SELECT nothing FROM linear")
    assert app.error[0].value == "The query failed."
    assert "nothing" in app.code[0].value
    assert not app.dataframe


def test_an_empty_query_is_explained() -> None:
    assert "Enter a query first" in ask(open_sql(), "").code[0].value


def test_the_cap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_SQL_MAX_ROWS", "5")
    get_settings.cache_clear()
    app = ask(open_sql(), "SELECT * FROM range(100)")
    assert "The first 5 rows; there are more." in texts(app)
    assert len(app.dataframe[0].value) == 5


def test_a_missing_dataset_is_named_and_the_others_answer() -> None:
    gone, _ = make_dataset(seed=1), make_dataset(seed=2)
    lake.delete(gone.path)
    app = ask(open_sql(), "SELECT count(*) AS n FROM linear")
    assert app.dataframe[0].value["n"].tolist() == [2_000]
    assert f"dataset_{gone.id}" in app.warning[0].value


def test_odd_types_can_be_shown() -> None:
    app = ask(
        open_sql(),
        "SELECT 1::HUGEINT AS a, 1.5::DECIMAL(9,2) AS b, [1, 2] AS c, {'x': 1} AS d, 'ab'::BLOB AS e, "
        "INTERVAL 1 DAY AS f, now() AS g, uuid() AS h, NULL AS i, 1 AS a",
    )
    assert not app.exception
    assert list(app.dataframe[0].value.columns) == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "a_1"]
