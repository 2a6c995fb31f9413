"""The list of recent events."""

from datetime import timedelta

import pytest

from core.auth import audit
from core.auth.roles import Actor, Role
from core.catalog.engine import writing
from core.catalog.tables import Job, utcnow
from core.config.messages import text
from core.jobs.jobs import CHECK, COMPLETED, CRASHED, FAILED, GENERATE, PREDICT_FILE
from core.loop.decisions import KEPT, PROMOTED
from core.ui.overview.activity import Event, fold, recent
from tests.deciding import decision, store
from tests.people import make_user

ADMIN, VIEWER = Actor("ada", Role.ADMIN), Actor("eve", Role.VIEWER)


def job(kind: str, state: str) -> Job:
    return Job(
        id=f"{kind}-{state}",
        kind=kind,
        workload="linear",
        state=state,
        created_by="bob",
        finished_at=utcnow(),
        message=(text("m"),),
    )


def test_a_fresh_installation_has_no_events() -> None:
    assert recent(VIEWER) == []


def test_a_night_of_kept_champions_is_one_line() -> None:
    store(decision(PROMOTED, None, 0.9, versions=(None, 1)))
    store(*[decision(KEPT, 0.9, versions=(1, None)) for _ in range(40)])
    found = recent(VIEWER)
    assert [(event.kind, event.subject, event.times) for event in found] == [
        (KEPT, "linear v1", 40),
        (PROMOTED, "linear v1", 1),
    ]


def test_viewers_see_what_happened_to_models_and_data_but_not_to_people() -> None:
    make_user("ada")
    audit.record_event(ADMIN, "token.create", "1 ci")
    audit.record_event(ADMIN, "dataset.delete", "dataset 1")
    audit.record_event(ADMIN, "flow.pause", "random-check/course")
    assert {event.kind for event in recent(VIEWER)} == {"dataset.delete", "flow.pause"}
    assert {event.kind for event in recent(ADMIN)} == {"dataset.delete", "flow.pause", "token.create", "user.add"}


def test_what_a_decision_or_dataset_tells_is_not_told_twice() -> None:
    store(*[job(CHECK, state) for state in (COMPLETED, FAILED, CRASHED)])
    store(job(GENERATE, COMPLETED), job(GENERATE, FAILED), job(PREDICT_FILE, COMPLETED))
    audit.record_event(ADMIN, "job.submit", "generate-dataset/linear")
    audit.record_event(ADMIN, "model.promote", "linear v1")
    assert {(event.kind, event.subject) for event in recent(ADMIN)} == {
        ("job.failed", "generate-dataset/linear"),
        ("job.completed", "predict-file/linear"),
    }


def test_running_jobs_are_not_past() -> None:
    store(Job(id="1", kind=GENERATE, workload="linear", created_by="bob"))
    assert recent(ADMIN) == []


def test_the_newest_come_first_and_only_as_many_as_asked_for() -> None:
    for number in range(20):
        audit.record_event(ADMIN, "dataset.create", f"dataset {number}")
    assert [event.subject for event in recent(VIEWER, 3)] == ["dataset 19", "dataset 18", "dataset 17"]


def test_a_long_quiet_time_does_not_hide_what_was_before() -> None:
    audit.record_event(ADMIN, "dataset.create", "dataset 1")
    store(decision(PROMOTED, None, 0.9, versions=(None, 1)))
    with writing() as session:
        for n in range(300):
            reason = (text(f"accuracy {n}"),)
            session.add(decision(KEPT, 0.9 + n / 1e6, versions=(1, None), reason=reason))
    found = recent(VIEWER, 5)
    assert [(event.kind, event.times) for event in found] == [(KEPT, 300), (PROMOTED, 1), ("dataset.create", 1)]


def test_where_one_source_is_cut_short_the_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.overview.activity._MAX_ROWS", 8)
    audit.record_event(ADMIN, "dataset.create", "dataset 1")
    store(decision(PROMOTED, None, 0.9, versions=(None, 1)))
    store(*[decision(KEPT, 0.9, versions=(1, None)) for _ in range(20)])
    assert {event.kind for event in recent(VIEWER, 2)} == {KEPT}


def test_only_neighbours_are_folded() -> None:
    now = utcnow()
    kinds = ["a", "a", "b", "a"]
    events = [Event(now - timedelta(minutes=number), kind, "x") for number, kind in enumerate(kinds)]
    assert [(event.kind, event.times) for event in fold(events)] == [("a", 2), ("b", 1), ("a", 1)]
    assert fold(events)[0].at == now
