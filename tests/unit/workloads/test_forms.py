"""Any parameters model makes a form: its fields, where it begins, and what it says about an answer."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, create_model, model_validator

from core.workloads.form_errors import field_errors
from core.workloads.form_fields import FormField, decimals, next_seed, nice_step
from core.workloads.form_schema import fields_of, initial_values


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Everything(BaseModel):
    rows: int = Field(default=10_000, ge=1_000, le=5_000_000, title="Rows", description="How many.")
    noise: float = Field(default=0.2, ge=0, le=2, title="Noise", json_schema_extra={"step": 0.05, "unit": "cm"})
    angle: float = Field(default=45.0, ge=-360, le=360, json_schema_extra={"low": -180, "high": 180, "period": 360})
    share: float = Field(default=0.5, gt=0, lt=1, json_schema_extra={"percent": True, "step": 0.05})
    count: int = Field(default=3, gt=0, le=9)
    even: int = Field(default=4, multiple_of=2)
    open_ended: float = 1.5
    fast: bool = True
    maybe: bool | None = None
    kind: Literal["one", "two"] = "two"
    colour: Colour = Colour.BLUE
    wish: Colour | None = None
    name: Annotated[str, Field(min_length=2, max_length=5)] = "abc"
    note: str | None = None
    limit: int | None = Field(default=None, ge=1)
    weights: list[float] = Field(default_factory=lambda: [1.0, 2.0])
    huge: int = 2**60
    since: date = date(2026, 1, 2)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


FIELDS = {field.name: field for field in fields_of(Everything)}


def refused(model: type[BaseModel], values: dict[str, Any]) -> dict[str, str]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        return field_errors(model, error.errors())
    return {}


def test_each_type_gets_the_field_that_fits() -> None:
    assert {name: field.kind for name, field in FIELDS.items()} == {
        "rows": "integer",
        "noise": "slider",
        "angle": "slider",
        "share": "slider",
        "count": "slider",
        "even": "integer",
        "open_ended": "number",
        "fast": "switch",
        "maybe": "choice",
        "kind": "choice",
        "colour": "choice",
        "wish": "choice",
        "name": "text",
        "note": "text",
        "limit": "integer",
        "weights": "json",
        "huge": "text",
        "since": "text",
        "seed": "integer",
    }


def test_titles_units_steps_and_choices_come_from_the_model() -> None:
    assert (FIELDS["rows"].title, FIELDS["rows"].help, FIELDS["rows"].label) == ("Rows", "How many.", "Rows")
    assert (FIELDS["noise"].label, FIELDS["noise"].step) == ("Noise (cm)", 0.05)
    assert (FIELDS["angle"].shown_low, FIELDS["angle"].shown_high) == (-180, 180)
    assert (FIELDS["count"].shown_low, FIELDS["count"].shown_high, FIELDS["count"].step) == (1, 9, 1)
    assert FIELDS["even"].step == 2
    assert (FIELDS["share"].shown_low, FIELDS["share"].shown_high) == (0.05, 0.95)
    assert FIELDS["colour"].choices == ("red", "blue")
    assert [name for name, field in FIELDS.items() if field.optional] == ["maybe", "wish", "note", "limit"]
    assert FIELDS["weights"].default == [1.0, 2.0]


def test_bounds_are_said_as_people_say_them() -> None:
    said = {name: field.bounds() for name, field in FIELDS.items() if field.bounds()}
    assert said == {
        "rows": "from 1,000 to 5,000,000",
        "noise": "from 0 to 2 cm",
        "angle": "from -360 to 360",
        "share": "above 0 % and below 100 %",
        "count": "above 0 and at most 9",
        "limit": "at least 1",
        "seed": "from 0 to 4,294,967,295",
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rows", 5, "**Rows** must be from 1,000 to 5,000,000."),
        ("rows", 1e12, "**Rows** must be from 1,000 to 5,000,000."),
        ("rows", 1000.5, "**Rows** must be a whole number."),
        ("count", 0, "**Count** must be above 0 and at most 9."),
        ("even", 3, "**Even** must be a multiple of 2."),
        ("open_ended", "many", "**Open Ended** must be a number."),
        ("kind", "three", "**Kind** must be one of one, two."),
        ("colour", "green", "**Colour** must be one of red, blue."),
        ("name", "a", "**Name** needs at least 2 characters."),
        ("name", "abcdef", "**Name** may have at most 5 characters."),
        ("name", None, "**Name** needs a value."),
        ("limit", 0, "**Limit** must be at least 1."),
        ("since", "soon", "**Since** is rejected: Input should be a valid date or datetime"),
    ],
)
def test_a_refusal_names_the_field_and_what_it_takes(name: str, value: Any, words: str) -> None:
    said = refused(Everything, {name: value})
    assert list(said) == [name]
    assert said[name].startswith(words)


def test_what_does_not_go_together_is_said_for_the_whole_form() -> None:
    class Pair(BaseModel):
        low: int = 0
        high: int = 1

        @model_validator(mode="after")
        def ordered(self) -> Pair:
            if self.low > self.high:
                raise ValueError("the lower bound is above the upper one")
            return self

    assert refused(Pair, {"low": 2}) == {"": "the lower bound is above the upper one."}


def test_a_form_begins_with_the_newest_choices_and_the_next_seed() -> None:
    assert initial_values(Everything)["seed"] == 0
    begun = initial_values(Everything, {"rows": 3_000, "seed": 7, "angle": -270, "colour": "red", "gone": 1})
    assert (begun["rows"], begun["seed"], begun["angle"], begun["colour"]) == (3_000, 8, 90, "red")
    assert "gone" not in begun
    assert begun["since"] == "2026-01-02"


def test_a_remembered_value_that_is_refused_today_gives_way_to_the_default() -> None:
    assert initial_values(Everything, {"rows": 7, "kind": "three", "noise": 1.0})["rows"] == 10_000
    assert initial_values(Everything, {"rows": 7, "kind": "three", "noise": 1.0})["kind"] == "two"
    assert initial_values(Everything, {"rows": 7, "kind": "three", "noise": 1.0})["noise"] == 1.0


def test_after_the_last_seed_there_is_none() -> None:
    assert next_seed(FIELDS["seed"], 2**32 - 1) == 2**32 - 1
    assert next_seed(FIELDS["seed"], 4) == 5


def test_a_required_field_begins_without_a_value() -> None:
    class Asked(BaseModel):
        name: str
        many: int

    assert initial_values(Asked) == {"name": None, "many": None}
    assert refused(Asked, initial_values(Asked)) == {
        "name": "**Name** needs a value.",
        "many": "**Many** must be a whole number.",
    }


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_a_nice_step_makes_a_hundred_to_two_hundred_and_fifty_positions(low: float, width: float) -> None:
    step = nice_step(low, low + width)
    assert 99 <= ((low + width) - low) / step <= 251
    assert nice_step(low, low) == 0.01


@pytest.mark.parametrize(("step", "digits"), [(1, 0), (5.0, 0), (0.1, 1), (0.05, 2), (0.25, 2), (1e-6, 6)])
def test_decimals_show_the_whole_step(step: float, digits: int) -> None:
    assert decimals(step) == digits


_words = st.text(min_size=0, max_size=8)


def _numbers(whole: bool) -> st.SearchStrategy[tuple[Any, Any]]:
    value = st.integers(-1000, 1000) if whole else st.floats(-1000, 1000)

    def build(low: Any, width: Any, has_low: bool, has_high: bool, strict: bool, optional: bool) -> tuple[Any, Any]:
        bounds: dict[str, Any] = {}
        if has_low:
            bounds["gt" if strict else "ge"] = low
        if has_high:
            bounds["lt" if strict else "le"] = low + abs(width) + 2
        kind: Any = int if whole else float
        return (kind | None if optional else kind), Field(default=low + 1, **bounds)

    yes = st.booleans()
    return st.builds(build, value, value, yes, yes, yes, yes)


_made = st.one_of(
    _numbers(True),
    _numbers(False),
    st.builds(lambda default: (bool, Field(default=default)), st.booleans()),
    st.builds(lambda few: (Literal[tuple(few)], Field(default=few[0])), st.lists(_words, min_size=1, unique=True)),
    st.builds(lambda text, most: (str, Field(default=text, max_length=most)), _words, st.integers(8, 12)),
)


def _answers(field: FormField, begun: Any) -> st.SearchStrategy[Any]:
    """What the widget of this field can give."""
    given: list[st.SearchStrategy[Any]] = [st.just(begun)]
    if field.kind == "slider":
        steps = int((field.shown_high - field.shown_low) / (field.step or 1.0))
        at = st.integers(0, steps).map(
            lambda number: min(field.shown_low + number * (field.step or 1.0), field.shown_high)
        )
        given.append(at.map(int) if field.whole else at)
    elif field.kind == "integer":
        given.append(st.integers(-(2**53), 2**53))
    elif field.kind == "number":
        given.append(st.floats(allow_nan=False, allow_infinity=False))
    elif field.kind == "choice":
        given.append(st.sampled_from(field.choices))
    elif field.kind == "switch":
        given.append(st.booleans())
    elif field.kind == "text":
        given.append(st.text(max_size=20))
    if field.optional:
        given.append(st.none())
    return st.one_of(given)


@given(st.lists(_made, min_size=1, max_size=4), st.data())
def test_whatever_a_form_gives_is_taken_or_refused_in_words(made: list[tuple[Any, Any]], data: st.DataObject) -> None:
    model = create_model("Made", **{f"field_{number}": one for number, one in enumerate(made)})
    fields = fields_of(model)
    assert [field.name for field in fields] == [f"field_{number}" for number in range(len(made))]
    begun = initial_values(model)
    assert refused(model, begun) == {}
    given_values = {field.name: data.draw(_answers(field, begun[field.name])) for field in fields}
    said = refused(model, given_values)
    for name, words in said.items():
        field = next(one for one in fields if one.name == name)
        assert words.startswith(f"**{field.title}** ")
        assert words.endswith(".")
        assert field.kind not in {"switch", "choice", "slider"}  # these offer nothing that is refused
