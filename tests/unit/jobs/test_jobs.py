"""Who may start and stop what, and what a job's row allows."""

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import message_of, render, say
from core.config.settings import get_settings
from core.jobs import jobs
from core.jobs.prefect_api import PrefectUnavailableError
from tests.ports import free_port

VIEWER, OTHER, EDITOR = Actor("vic", Role.VIEWER), Actor("vera", Role.VIEWER), Actor("ed", Role.EDITOR)


def claimed(kind: str = jobs.PREDICT_FILE, username: str = "vic") -> jobs.Job:
    """A job nobody has handed to Prefect yet."""
    return jobs._claim(kind, "linear", {}, username)


@pytest.mark.parametrize("kind", [jobs.GENERATE, jobs.CHECK, jobs.IMPORT, jobs.PROPOSE])
def test_a_viewer_submits_nothing_that_changes_data_or_models(kind: str) -> None:
    with pytest.raises(ForbiddenError, match="Requires the editor role"):
        jobs.submit(VIEWER, kind, "linear")
    assert jobs.latest() is None, "refused, and yet a job was left behind"


def test_a_submission_that_prefect_does_not_take_leaves_the_way_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    get_settings.cache_clear()
    with pytest.raises(PrefectUnavailableError):
        jobs.submit(EDITOR, jobs.CHECK, "linear", {"forced": True})
    failed = jobs.latest()
    assert failed is not None
    assert (failed.state, failed.created_by, failed.parameters) == (jobs.FAILED, "ed", {"forced": True})
    assert failed.message == (say("prefect.away"),)
    assert claimed(jobs.CHECK, "ed").id != failed.id, "its concurrency key is free again"


def test_jobs_are_listed_newest_first_and_by_what_they_are() -> None:
    made = [claimed(jobs.PREDICT_FILE, "vic"), claimed(jobs.PREDICT_FILE, "vera"), claimed(jobs.CHECK, "vic")]
    ids = [job.id for job in made]
    assert [job.id for job in jobs.listed()] == ids[::-1]
    assert [job.id for job in jobs.listed(limit=2)] == ids[:0:-1]
    assert [job.id for job in jobs.listed(jobs.PREDICT_FILE)] == ids[1::-1]
    assert [job.id for job in jobs.listed(username="vic")] == [ids[2], ids[0]]
    assert jobs.listed(workload="other") == []
    found = jobs.latest(jobs.PREDICT_FILE, "linear", "vic")
    assert found is not None and found.id == ids[0]
    assert jobs.latest(jobs.GENERATE) is None


def test_a_viewer_stops_their_own_job_only() -> None:
    job = claimed()
    with pytest.raises(ForbiddenError, match="Requires the editor role"):
        jobs.cancel(OTHER, job.id)
    jobs.cancel(VIEWER, job.id)
    ended = jobs.get(job.id)
    assert ended is not None and ended.state == jobs.CANCELLED


def test_an_editor_stops_anybodys_job() -> None:
    job = claimed()
    jobs.cancel(EDITOR, job.id)
    ended = jobs.get(job.id)
    assert ended is not None and "ed" in render(ended.message)


def test_a_job_that_runs_is_asked_to_stop_and_lives_until_its_flow_has_ended() -> None:
    """Its concurrency key stays taken: the next one must not start beside a flow that is still tidying up."""
    job = claimed(jobs.CHECK, "ed")
    jobs.report(job.id, 0.4, say("job.started"))
    jobs.cancel(EDITOR, job.id)
    now = jobs.get(job.id)
    assert now is not None
    assert (now.state, now.finished_at, now.concurrency_key) == (jobs.RUNNING, None, job.concurrency_key)
    assert (now.progress, now.message) == (0.4, (say("job.cancelling", user="ed"),))
    assert [event.action for event in audit.latest()] == ["job.cancel"]


def test_what_has_ended_is_not_cancelled() -> None:
    job = claimed()
    jobs.finish(job.id, jobs.COMPLETED, say("job.done"))
    for unknown in (job.id, "no such job"):
        with pytest.raises(LookupError):
            jobs.cancel(EDITOR, unknown)
    assert audit.latest() == []


def test_a_viewer_does_not_stop_flow_runs() -> None:
    with pytest.raises(ForbiddenError):
        jobs.cancel_flow_run("any", VIEWER)


def test_each_person_has_a_slot_for_files_and_each_workload_one_for_checks() -> None:
    claimed(jobs.PREDICT_FILE, "vic")
    claimed(jobs.PREDICT_FILE, "vera")
    claimed(jobs.CHECK, "ed")
    with pytest.raises(jobs.JobBusyError) as refusal:
        claimed(jobs.CHECK, "vic")
    assert refusal.value.job.created_by == "ed"


def test_what_has_ended_stays_as_it_ended() -> None:
    job = claimed()
    assert jobs.finish(job.id, jobs.COMPLETED, say("job.done"))
    assert not jobs.finish(job.id, jobs.CRASHED, say("job.lost"))
    jobs.report(job.id, 0.2, say("job.started"))
    ended = jobs.get(job.id)
    assert ended is not None
    assert (ended.state, ended.message) == (jobs.COMPLETED, (say("job.done"),))
    assert (ended.progress, ended.concurrency_key) == (1.0, None)


def test_a_job_that_waits_says_so_and_nothing_else() -> None:
    job = claimed(jobs.CHECK, "ed")
    assert (job.kind, job.workload, job.created_by, job.parameters) == (jobs.CHECK, "linear", "ed", {})
    assert (job.message, job.flow_run_id) == ((say("job.waiting"),), None)
    assert (job.state, job.heartbeat_at, job.finished_at) == (jobs.SUBMITTED, None, None)
    assert [one.id for one in jobs.alive()] == [job.id]
    assert jobs.finish(job.id, jobs.FAILED, say("job.lost"), {"rows": 3})
    ended = jobs.get(job.id)
    assert ended is not None and ended.result == {"rows": 3} and ended.finished_at is not None
    assert ended.progress != 1.0, "only what was completed is complete"
    assert jobs.alive() == []


def test_a_cancelled_job_says_who_cancelled_it() -> None:
    waiting, begun = claimed(), claimed(jobs.CHECK, "ed")
    jobs.beat(begun.id)
    jobs.cancel(EDITOR, waiting.id)
    jobs.cancel(EDITOR, begun.id)
    told = [job.message for one in (waiting, begun) if (job := jobs.get(one.id)) is not None]
    assert told == [(say("job.cancelled_before", user="ed"),), (say("job.cancelling", user="ed"),)]
    assert [(event.actor, event.subject, event.details) for event in audit.latest()] == [
        ("ed", "check/linear", {"job": begun.id}),
        ("ed", "predict-file/linear", {"job": waiting.id}),
    ]


def test_a_busy_job_is_told_with_who_started_it_and_when() -> None:
    held = claimed(jobs.CHECK, "ed")
    with pytest.raises(jobs.JobBusyError) as refusal:
        claimed(jobs.CHECK, "vic")
    at = held.created_at.strftime("%H:%M:%S")
    assert message_of(refusal.value) == say("job.busy", user="ed", time=at)
    found = jobs.holder_of("check:linear")
    assert found is not None and found.id == held.id
    assert jobs.holder_of("check:rps") is None


def test_progress_stays_between_nothing_and_all() -> None:
    job = claimed()
    for given, kept in ((-1.0, 0.0), (0.4, 0.4), (7.0, 1.0)):
        jobs.report(job.id, given, say("job.started"))
        now = jobs.get(job.id)
        assert now is not None and now.progress == kept and now.heartbeat_at is not None
