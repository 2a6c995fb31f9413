"""Quarantine in the loop: set aside, passed over, accepted, never learnt from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.catalog.engine import reading
from core.catalog.tables import AuditEvent, Dataset, Decision
from core.config.messages import render
from core.loop import champion_status, contract, decisions, history, loop
from core.models import registry
from core.storage import datasets, lake
from core.workloads import get_workload
from core.workloads.contract import findings_from_json
from tests.bad_rows import BAD, make_bad_dataset
from tests.learning import make_dataset

pytestmark = pytest.mark.usefixtures("mlflow_store")
EDITOR, VIEWER = Actor("ed", Role.EDITOR), Actor("vera", Role.VIEWER)


def status(dataset: Dataset) -> str:
    found = datasets.get(dataset.id)
    assert found is not None
    return found.status


def quarantined() -> list[Decision]:
    return [one for one in decisions.latest("linear") if one.kind == decisions.QUARANTINED]


def test_a_good_dataset_is_valid_once_it_was_used() -> None:
    dataset = make_dataset(seed=1)
    assert status(dataset) == datasets.UNVALIDATED
    loop.run_once("linear")
    assert status(dataset) == datasets.VALID


@pytest.mark.parametrize("kind", BAD)
def test_the_loop_passes_over_a_bad_dataset_and_says_so(kind: str) -> None:
    first = make_dataset(seed=1)
    loop.run_once("linear")
    bad = make_bad_dataset(kind)
    decision = loop.run_once("linear")
    assert status(bad) == datasets.QUARANTINED
    assert (decision.kind, decision.dataset_id) == (decisions.PROMOTED, first.id)
    run = loop.evaluate_champion("linear")
    assert (run.dataset.id, run.skipped and run.skipped.id) == (first.id, bad.id)
    assert run.judged is not None and run.judged.id == decision.id
    said = render(loop.evaluate_champion("linear", forced=True).gate.reason)
    assert said.startswith(f"Dataset {bad.id} is quarantined: ") and f"The check used dataset {first.id}." in said
    assert [one.dataset_id for one in quarantined()] == [bad.id]
    assert len(registry.versions("linear")) == 1


def test_two_bad_datasets_in_a_row_are_no_reference_for_each_other() -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    bad = [make_bad_dataset("labels_exchanged", seed=seed) for seed in (50, 51)]
    loop.run_once("linear")
    assert [status(one) for one in bad] == [datasets.QUARANTINED] * 2
    good = make_dataset(seed=2)
    assert loop.run_once("linear").dataset_id == good.id


def test_an_accepted_dataset_is_used() -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    bad = make_bad_dataset("labels_exchanged")
    loop.run_once("linear")
    taken = contract.accept(EDITOR, bad.id, "  the sign convention changed ")
    assert (taken.status, taken.accepted_by, taken.accepted_reason) == (
        datasets.ACCEPTED,
        "ed",
        "the sign convention changed",
    )
    assert taken.accepted_at is not None and findings_from_json(taken.findings)
    decision = loop.run_once("linear")
    assert (decision.kind, decision.dataset_id) == (decisions.PENDING, bad.id)
    with reading() as session:
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "dataset.accept"))
    assert (event.actor, event.details["reason"]) == ("ed", "the sign convention changed")


def test_a_dataset_that_is_accepted_late_is_still_judged_once() -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    bad = make_bad_dataset("labels_exchanged")
    loop.run_once("linear")
    good = make_dataset(seed=2)
    assert loop.run_once("linear").dataset_id == good.id
    contract.accept(EDITOR, bad.id, "for the exercise")
    assert loop.run_once("linear").dataset_id == bad.id
    assert history.unjudged("linear") is None
    before = len(decisions.latest("linear"))
    loop.run_once("linear")
    assert len(decisions.latest("linear")) == before


def test_of_cumulative_datasets_one_that_is_accepted_late_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is in it is in the newest: a check would otherwise turn for ever."""
    monkeypatch.setattr(get_workload("linear"), "cumulative", True, raising=False)
    make_dataset(seed=1)
    loop.run_once("linear")
    bad = make_bad_dataset("labels_exchanged")
    loop.run_once("linear")
    first, newest = make_dataset(seed=2), make_dataset(seed=3)
    assert loop.next_dataset("linear").id == newest.id > first.id
    loop.run_once("linear")
    contract.accept(EDITOR, bad.id, "for the exercise")
    assert history.unjudged("linear") is None
    assert loop.next_dataset("linear").id == newest.id


def test_accepting_needs_the_role_a_reason_and_a_quarantined_dataset() -> None:
    make_dataset(seed=1)
    good = contract.validate(make_dataset(seed=2))
    bad = contract.validate(make_bad_dataset("one_class_only"))
    with pytest.raises(ForbiddenError):
        contract.accept(VIEWER, bad.id, "why not")
    for reason in ("", "   ", "x" * (datasets.REASON_MAX + 1)):
        with pytest.raises(datasets.ReasonMissingError, match="1 to 500 characters"):
            contract.accept(EDITOR, bad.id, reason)
    with pytest.raises(datasets.NotQuarantinedError):
        contract.accept(EDITOR, good.id, "to be sure")
    with pytest.raises(LookupError, match="no longer exists"):
        contract.accept(EDITOR, 999, "to be sure")
    assert status(bad) == datasets.QUARANTINED


def test_nothing_but_quarantined_data_is_nothing_to_check() -> None:
    bad = make_bad_dataset("one_class_only")
    with pytest.raises(datasets.NoDatasetError, match=f"Dataset {bad.id} is quarantined, and there is no other"):
        loop.run_once("linear")
    assert registry.versions("linear") == []


def test_it_is_told_once_however_many_look() -> None:
    make_dataset(seed=1)
    bad = make_bad_dataset("with_missing_values")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: contract.validate_new("linear"), range(4)))
    assert [one.id for newly in told for one in newly] == [bad.id]
    assert len(quarantined()) == 1
    assert contract.validate_new("linear") == []
    assert contract.validate(bad).status == datasets.QUARANTINED


def test_a_quarantined_dataset_does_not_change_how_the_champion_stands() -> None:
    make_dataset(seed=1)
    loop.run_once("linear")
    make_dataset(seed=2)
    loop.run_once("linear")
    known = champion_status.champion_status("linear")
    assert known.drift is False
    make_bad_dataset("labels_exchanged")
    contract.validate_new("linear")
    after = champion_status.champion_status("linear")
    assert (after.version, after.drift, after.value) == (known.version, known.drift, known.value)


def test_a_dataset_deleted_while_it_is_checked_is_gone() -> None:
    bad = make_bad_dataset("one_class_only")
    datasets.delete(SYSTEM, bad.id)
    with pytest.raises(LookupError):
        contract.validate(bad)
    assert contract.validate_new("linear") == [] and quarantined() == []


def test_what_cannot_be_read_waits_and_others_do_not_wait_for_it() -> None:
    gone = make_dataset(seed=1)
    lake.delete(gone.path)
    good = make_dataset(seed=2)
    assert contract.validate_new("linear") == []
    assert (status(gone), status(good)) == (datasets.UNVALIDATED, datasets.VALID)
    with pytest.raises(lake.DatasetMissingError):
        contract.validate(gone)


def test_a_reference_whose_file_is_gone_is_left_out() -> None:
    contract.validate(gone := make_dataset(seed=1))
    lake.delete(gone.path)
    assert contract.validate(make_dataset(seed=2)).status == datasets.VALID


def test_a_contract_that_fails_quarantines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any) -> list[Any]:
        raise ValueError("a column is not there")

    monkeypatch.setattr(get_workload("linear"), "contract", fails)
    held = contract.validate(make_dataset(seed=1))
    assert held.status == datasets.QUARANTINED
    assert "could not be checked: a column is not there" in render(contract.in_words(held))


def test_missing_values_are_read_as_such() -> None:
    """They were stored as NULL and read as whatever lay under the mask: 0."""
    import numpy as np

    stored = lake.write({"x1": np.array([1.0, np.nan, 3.0])}, "linear")
    assert np.isnan(lake.read(stored.path, ["x1"])["x1"][1])
