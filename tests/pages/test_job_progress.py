"""A job on a page: waiting, running, stuck, ended; the same for everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from core.auth import users
from core.auth.roles import Role
from core.catalog.engine import writing
from core.catalog.tables import Job, utcnow
from core.config.messages import say, text
from core.jobs import jobs
from tests.pages.opening import open_page, texts
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")


def running(username: str = "ann") -> Job:
    """A generate job as the flow leaves it in mid-run, submitted by ``username``."""
    job = jobs.adopt(jobs.GENERATE, "linear", "flow-run-1", {})
    change(job, created_by=username)
    jobs.report(job.id, 0.4, say("data.writing"))
    return job


def change(job: Job, **values: object) -> None:
    with writing() as session:
        session.execute(update(Job).where(Job.id == job.id).values(**values))


def open_datasets(role: Role = Role.EDITOR, name: str = "eve") -> AppTest:
    app = open_page("datasets.py", make_user(name, role))
    assert not app.exception
    return app


def progress(app: AppTest) -> list[tuple[float, str]]:
    return [(bar.value, bar.proto.text) for bar in app.get("progress")]


def test_progress_is_seen_by_everybody_and_survives_a_refresh() -> None:
    running()
    for name in ("eve", "bob"):
        app = open_datasets(name=name)
        assert progress(app) == [(40, "**Generate data** · Writing Parquet")]
        assert "Started by ann" in texts(app)


def test_an_open_page_notices_the_end_by_itself() -> None:
    job = running()
    app = open_datasets()
    jobs.finish(job.id, jobs.COMPLETED, say("generate.done", dataset=1, rows=10_000, unit="rows"))
    app.run()
    assert progress(app) == []
    assert app.success[0].value == "Dataset 1\\: 10,000 rows"


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        (jobs.FAILED, "error", "**Generate data: failed.** Not enough disk"),
        (jobs.CRASHED, "error", "**Generate data: crashed.** Not enough disk"),
        (jobs.CANCELLED, "info", "Not enough disk"),
    ],
)
def test_how_it_ended_is_told_in_its_own_words(state: str, kind: str, words: str) -> None:
    jobs.finish(running().id, state, text("Not enough disk"))
    assert words in "\n".join(str(item.value) for item in getattr(open_datasets(), kind))


def test_old_news_is_one_line() -> None:
    job = running()
    jobs.finish(job.id, jobs.COMPLETED, say("generate.done", dataset=1, rows=10_000, unit="rows"))
    change(job, finished_at=utcnow() - timedelta(hours=3))
    app = open_datasets()
    assert not app.success
    assert "Last run 3 h ago by ann: completed" in texts(app)


def test_the_schedules_routine_is_one_line_too() -> None:
    jobs.finish(running(jobs.SCHEDULE).id, jobs.COMPLETED, text("kept"))
    assert not open_datasets().success


def test_a_job_that_nobody_takes_says_why() -> None:
    job = jobs.adopt(jobs.GENERATE, "linear", "flow-run-1", {})
    app = open_datasets()
    assert not app.warning
    change(job, created_at=utcnow() - timedelta(seconds=30))
    assert "The flow runner has not started this job yet" in app.run().warning[0].value


def test_a_silent_job_says_why() -> None:
    change(running(), heartbeat_at=utcnow() - timedelta(seconds=60))
    assert re.search(r"No heartbeat for 6\d s", open_datasets().warning[0].value)


def test_cancelling_while_prefect_is_down_says_so_and_changes_nothing() -> None:
    job = running()
    app = open_datasets()
    app.button(key="btn_cancel_generate-dataset").click().run()
    assert "Not cancelled. The Prefect server does not respond" in app.error[0].value.replace("\\", "")
    found = jobs.get(job.id)
    assert found is not None
    assert found.state == jobs.RUNNING


def test_a_viewer_cannot_cancel_what_others_started() -> None:
    running()
    assert open_datasets(Role.VIEWER).button(key="btn_cancel_generate-dataset").disabled


def test_a_role_taken_away_meanwhile_counts_at_once() -> None:
    job = running()
    admin = make_user("ada")
    app = open_datasets()
    users.set_role(admin, "eve", Role.VIEWER)
    app.button(key="btn_cancel_generate-dataset").click().run()
    found = jobs.get(job.id)
    assert found is not None
    assert found.message == (say("data.writing"),)


def test_a_job_that_ends_between_look_and_click_is_no_error() -> None:
    job = running()
    app = open_datasets()
    jobs.finish(job.id, jobs.COMPLETED, say("generate.done", dataset=1, rows=10_000, unit="rows"))
    app.button(key="btn_cancel_generate-dataset").click().run()
    assert not app.exception
    assert app.success


def test_the_log_is_fetched_only_when_unfolded() -> None:
    """Nothing answers here, so a page that asked for the log would say so."""
    running()
    app = open_datasets()
    assert "does not respond" not in texts(app)
    log = next(item for item in app.get("expander") if item.label == "Log")
    app.session_state[log.key] = True
    assert "Prefect server does not respond" in texts(app.run()).replace("\\", "")


def test_an_open_page_shows_what_somebody_else_starts() -> None:
    app = open_datasets()
    assert progress(app) == []
    running("bob")
    assert progress(app.run()) == [(40, "**Generate data** · Writing Parquet")]
