"""The form as it is drawn: one widget per field, refusals below it, the next seed."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

SCRIPT = """
from typing import Literal

import streamlit as st
from pydantic import BaseModel, Field, model_validator

from core.ui.shell.parameter_form import begin_next_with_another_seed, parameter_form
from core.workloads.form_schema import initial_values


class Chosen(BaseModel):
    rows: int = Field(default=10, ge=5, le=90_000, title="Rows", description="How many.")
    share: float = Field(default=0.5, ge=0, le=1, json_schema_extra={"percent": True, "step": 0.05})
    width: float = Field(default=2.0, ge=0, le=10, title="Width", json_schema_extra={"unit": "cm", "step": 0.5})
    limit: int | None = Field(default=None, ge=1, title="Limit")
    maybe: bool | None = None
    kind: Literal["one", "two"] = "two"
    fast: bool = False
    note: str | None = None
    weights: list[float] = Field(default_factory=lambda: [1.0])
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def together(self) -> "Chosen":
        if self.fast and self.rows > 1_000:
            raise ValueError("fast needs at most 1,000 rows")
        return self


choices = parameter_form(Chosen, initial_values(Chosen), "x")
st.json(choices.model_dump_json() if choices else "refused")
if st.button("Go", key="go") and choices:
    begin_next_with_another_seed(Chosen, choices, "x")
    st.rerun()
"""


def drawn() -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not app.exception
    return app


def test_each_field_begins_with_its_default() -> None:
    app = drawn()
    assert (app.number_input(key="x_rows").value, app.number_input(key="x_rows").help) == (
        10,
        "From 5 to 90,000. How many.",
    )
    assert app.slider(key="x_share").proto.format == "percent"
    assert (app.slider(key="x_width").label, app.slider(key="x_width").proto.format) == ("Width", "%.1f cm")
    assert app.number_input(key="x_limit").value is None
    assert app.selectbox(key="x_maybe").value is None
    assert app.selectbox(key="x_kind").value == "two"
    assert app.text_area(key="x_weights").value == "[1.0]"
    assert '"note":null' in app.json[0].value


def test_a_refusal_stands_below_its_field_and_goes_when_it_is_mended() -> None:
    app = drawn()
    app.number_input(key="x_rows").set_value(3)
    app.text_area(key="x_weights").set_value("[1,").run()
    assert [error.value for error in app.error] == [
        "**Rows** must be from 5 to 90,000.",
        "**Weights** is not valid JSON: Expecting value at character 3.",
    ]
    assert "refused" in app.json[0].value
    app.number_input(key="x_rows").set_value(30)
    app.text_area(key="x_weights").set_value("[1, 2]").run()
    assert not app.error
    assert '"weights":[1.0,2.0]' in app.json[0].value


def test_what_does_not_go_together_is_said_at_the_end() -> None:
    app = drawn()
    app.number_input(key="x_rows").set_value(2_000)
    app.toggle(key="x_fast").set_value(True).run()
    assert [error.value for error in app.error] == ["fast needs at most 1,000 rows."]


def test_what_is_chosen_arrives_and_the_seed_goes_on() -> None:
    app = drawn()
    app.number_input(key="x_limit").set_value(4)
    app.text_input(key="x_note").set_value("hello")
    app.selectbox(key="x_maybe").set_value(False)
    app.number_input(key="x_seed").set_value(7).run()
    for words in ('"limit":4', '"note":"hello"', '"maybe":false', '"seed":7'):
        assert words in app.json[0].value
    app.button(key="go").click().run()
    assert app.number_input(key="x_seed").value == 8
    assert app.number_input(key="x_limit").value == 4
