"""Holdouts that grow: nothing is evidence twice, and without a new sample nothing is decided."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from core.catalog.tables import Decision
from core.config.messages import say
from core.loop import history, loop, measuring
from core.loop.loop_run import Challenge, Judgement, LoopRun
from core.loop.policy import Policy
from core.workloads import get_workload
from core.workloads.base import Comparison, Evidence, Scores
from core.workloads.evidence import bounded
from core.workloads.origins import Origin

STRONG = bounded(np.ones(60), np.zeros(60))
SUMMARY = say("gate.forced")


def judged(evidence: Evidence | None, *, unharmed: bool = True) -> Judgement:
    comparison = Comparison(True, 0.0, SUMMARY, {}, evidence, unharmed)
    return Judgement(cast(Scores, None), comparison)


def test_evidence_alone_promotes_nothing_without_a_new_sample() -> None:
    """Images that only train came meanwhile: whether other people are harmed was not asked of anybody."""
    run = cast(LoopRun, SimpleNamespace(policy=Policy.of(get_workload("rps"))))
    assert loop._wins(run, judged(STRONG), STRONG)
    assert not loop._wins(run, judged(Evidence()), STRONG)
    assert not loop._wins(run, judged(STRONG, unharmed=False), STRONG)


def test_a_dataset_without_a_new_sample_uses_up_no_patience() -> None:
    found = [
        Decision(dataset_id=number, details={"evidence": evidence.as_json()})
        for number, evidence in ((3, Evidence()), (2, STRONG), (1, Evidence()))
    ]
    added, compared = history._added_up(found, "evidence")
    assert compared == (2,) and added.samples == STRONG.samples


class Holdouts:
    """As a workload on images, as far as it is asked."""

    def holdout_keys(self, _dataset: Any) -> frozenset[str]:
        return frozenset({"a1", "b1"})


def origin(key: str, session: str, person: str) -> Origin:
    return Origin(key, session, person, 0.0, "rock", False)


@pytest.mark.parametrize(
    ("people", "new"),
    [(("ada", "bob"), [False, False, False, True]), (("ada", "ada"), [False, True, False, True])],
)
def test_a_session_that_goes_on_is_no_new_luck(
    monkeypatch: pytest.MonkeyPatch, people: tuple[str, str], new: list[bool]
) -> None:
    """Of several people whole sessions are the units; of one person the later frames are new."""
    monkeypatch.setattr(measuring, "get_workload", lambda _name: Holdouts())
    monkeypatch.setattr(measuring.datasets, "get", lambda number: number)
    first, second = people
    origins = (
        origin("a1", "monday", first),
        origin("a2", "monday", first),
        origin("b1", "tuesday", second),
        origin("c1", "friday", second),
    )
    run = cast(LoopRun, SimpleNamespace(workload="photos", challenge=Challenge(2, STRONG, (1,))))
    scores = cast(Scores, SimpleNamespace(origins=origins))
    assert cast(Any, measuring.unseen(run, scores)).tolist() == new
