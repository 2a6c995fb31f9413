"""Start jobs as a person would and wait for what comes of them."""

from typing import Any

from core.auth.roles import Actor, Role
from core.catalog.tables import Decision, Job
from core.jobs import jobs
from core.loop import decisions
from tests.waiting import wait_until

EDITOR = Actor("ed", Role.EDITOR)


def ended(job: Job, timeout: float = 90) -> Job:
    """The job once it has ended."""

    def look() -> Job | None:
        now = jobs.get(job.id)
        return now if now is not None and now.finished_at is not None else None

    found = wait_until(look, timeout=timeout, what=f"{job.kind} to end")
    assert found is not None
    return found


def generate(**choices: Any) -> Job:
    """Click Generate and wait for the dataset."""
    job = ended(jobs.submit(EDITOR, jobs.GENERATE, "linear", {"choices": {"rows": 5_000, **choices}}))
    assert job.state == jobs.COMPLETED, job.message
    return job


def next_decision(after: int) -> Decision:
    """The first decision newer than number ``after``, and nothing else done by us."""

    def look() -> Decision | None:
        newer = [decision for decision in decisions.latest("linear") if decision.id > after]
        return newer[-1] if newer else None

    found = wait_until(look, timeout=60, what="a decision")
    assert found is not None
    return found


def quiet() -> None:
    """Wait until no job is alive."""
    wait_until(lambda: not jobs.alive(), timeout=60, what="all jobs to end")
