"""Whose output files are whose, and under which names they are written."""

from __future__ import annotations

import os
import socket

import pytest

from core.auth.roles import Actor, ForbiddenError, Role
from core.config.messages import message_of, say
from core.config.settings import Settings
from core.jobs import jobs, outputs

VIEWER, OTHER = Actor("vic", Role.VIEWER), Actor("ann", Role.ADMIN)


def finished(state: str = jobs.COMPLETED, **result: str) -> jobs.Job:
    job = jobs._claim(jobs.PREDICT_FILE, "linear", {}, "vic")
    jobs.finish(job.id, state, say("job.done"), result)
    return job


def refused(job_id: str, kind: str = jobs.PREDICT_FILE, name: str = "output") -> object:
    with pytest.raises(LookupError) as refusal:
        outputs.path_of(VIEWER, job_id, kind, name)
    return message_of(refusal.value)


def test_the_owner_gets_the_file_and_nobody_else(settings: Settings) -> None:
    (settings.outputs_dir / "a.csv").write_text("hello")
    job = finished(output="a.csv", figure="/somewhere/else/a.csv")
    assert outputs.path_of(VIEWER, job.id, jobs.PREDICT_FILE).read_text() == "hello"
    assert outputs.path_of(VIEWER, job.id, jobs.PREDICT_FILE, "figure") == settings.outputs_dir / "a.csv"
    with pytest.raises(ForbiddenError, match="who uploaded"):
        outputs.path_of(OTHER, job.id, jobs.PREDICT_FILE)


def test_what_is_not_there_is_told(settings: Settings) -> None:
    assert refused("no such job") == say("output.none")
    assert refused(finished(jobs.FAILED, output="a.csv").id) == say("output.none")
    job = finished(output="gone.csv")
    assert refused(job.id, jobs.PREDICT_VIDEO) == say("output.none")
    assert refused(job.id) == say("output.removed")


def test_a_file_has_its_name_when_it_is_whole(settings: Settings) -> None:
    begun = outputs.unfinished("../x/a.csv")
    assert begun == settings.outputs_dir / f".a.csv.{socket.gethostname()}-{os.getpid()}.tmp"
    begun.write_text("whole")
    outputs.keep("a.csv")
    assert (settings.outputs_dir / "a.csv").read_text() == "whole"
    assert not begun.exists()
