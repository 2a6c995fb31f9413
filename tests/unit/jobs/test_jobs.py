"""Who may start and stop what, and what a job's row allows."""

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import render, say
from core.jobs import jobs

VIEWER, OTHER, EDITOR = Actor("vic", Role.VIEWER), Actor("vera", Role.VIEWER), Actor("ed", Role.EDITOR)


def claimed(kind: str = jobs.PREDICT_FILE, username: str = "vic") -> jobs.Job:
    """A job nobody has handed to Prefect yet."""
    return jobs._claim(kind, "linear", {}, username)


def test_a_viewer_stops_their_own_job_only() -> None:
    job = claimed()
    with pytest.raises(ForbiddenError, match="needs the role editor"):
        jobs.cancel(OTHER, job.id)
    jobs.cancel(VIEWER, job.id)
    ended = jobs.get(job.id)
    assert ended is not None and ended.state == jobs.CANCELLED


def test_an_editor_stops_anybodys_job() -> None:
    job = claimed()
    jobs.cancel(EDITOR, job.id)
    ended = jobs.get(job.id)
    assert ended is not None and "ed" in render(ended.message)


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


def test_progress_stays_between_nothing_and_all() -> None:
    job = claimed()
    for given, kept in ((-1.0, 0.0), (0.4, 0.4), (7.0, 1.0)):
        jobs.report(job.id, given, say("job.started"))
        now = jobs.get(job.id)
        assert now is not None and now.progress == kept and now.heartbeat_at is not None
