"""Prefect's own pages and its checks know the workloads' parameters."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import is_valid_schema, validate
from pydantic import BaseModel, Field

from core.jobs import jobs
from core.workloads import WORKLOADS
from flows.check import check
from flows.generate import generate_dataset
from flows.parameter_schemas import described
from flows.predict_file import predict_file


def schema_of(flow: Any, kind: str, workload: str = "linear") -> dict[str, Any]:
    return described(parameter_schema(flow).model_dump(exclude_unset=True), kind, workload)


def test_generating_shows_titles_ranges_and_defaults() -> None:
    schema = schema_of(generate_dataset, jobs.GENERATE)
    is_valid_schema(schema)
    choices = schema["properties"]["choices"]
    rows = choices["properties"]["rows"]
    assert (choices["title"], choices["position"], choices["type"]) == ("Choices", 1, "object")
    assert (rows["title"], rows["minimum"], rows["maximum"], rows["default"]) == ("Rows", 1_000, 5_000_000, 10_000)
    assert set(schema["properties"]) == {"workload", "choices", "job_id"}
    assert schema["required"] == ["workload"]


@pytest.mark.parametrize(
    ("choices", "taken"),
    [({}, True), ({"rows": 2_000, "seed": 3}, True), ({"rows": 3}, False), ({"nonsense": 1}, False)],
)
def test_prefect_holds_a_run_to_them(choices: dict[str, Any], taken: bool) -> None:
    schema = schema_of(generate_dataset, jobs.GENERATE)
    errors = validate({"workload": "linear", "choices": choices, "job_id": "1"}, schema, raise_on_error=False)
    assert (not errors) == taken


def test_types_of_the_parameters_come_along(monkeypatch: pytest.MonkeyPatch) -> None:
    class Inner(BaseModel):
        kind: Literal["a", "b"] = "a"

    class Chosen(BaseModel):
        inner: Inner = Field(default_factory=Inner)

    monkeypatch.setattr(WORKLOADS["linear"], "parameters", Chosen)
    schema = schema_of(generate_dataset, jobs.GENERATE)
    assert schema["definitions"]["Inner"]["properties"]["kind"]["enum"] == ["a", "b"]
    for kind, wrong in (("b", False), ("c", True)):
        given = {"workload": "linear", "choices": {"inner": {"kind": kind}}}
        assert bool(validate(given, schema, raise_on_error=False)) == wrong


def test_a_check_explains_its_switch_and_a_file_has_nothing_to_choose() -> None:
    forced = schema_of(check, jobs.CHECK)["properties"]["forced"]
    assert forced["title"] == "Force retraining" and forced["type"] == "boolean"
    plain = parameter_schema(predict_file).model_dump(exclude_unset=True)
    assert described(plain, jobs.PREDICT_FILE, "linear") == plain
