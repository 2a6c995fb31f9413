"""A catalog of version 0.1: its sentences become codes, and read right."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from core.catalog import migrate
from core.catalog.engine import engine_for, reading
from core.catalog.image_tables import Image
from core.catalog.tables import Decision, Job
from core.catalog.work_tables import WorkItem
from core.config.messages import LEGACY, Message, messages_from_json, render
from core.images.label_hints import hinted_class
from core.jobs import work_errors
from core.loop.champion_status import champion_status
from tests.old_catalog import make_old_catalog
from tests.old_rows import DECISIONS, JOBS, JOBS_WORDED, NOTES, NOTES_WORDED, WORDED


def _all(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_its_decisions_are_worded_anew(old_url: str) -> None:
    migrate.upgrade(old_url)
    migrate.check(old_url)
    decisions = _all(Decision)
    assert tuple(render(one.reason) for one in decisions) == WORDED
    by_code = [[message.code for message in one.reason] for one in decisions]
    assert by_code[1] == ["gate.under_threshold", "comparison.mcnemar"]
    assert by_code[-1] == [LEGACY]
    assert decisions[1].reason[1].parameters == {"challenger": 883, "champion": 56, "unit": "rows", "p": 3.6e-192}
    details = decisions[1].details
    assert render(messages_from_json(details["comparison"]["summary"])).startswith("Only the challenger was right")
    assert details["comparison"]["details"]["only_second_right"] == 883
    assert render(messages_from_json(details["drift"]["summary"])).startswith("Drift in x1, x2 (")
    assert details["challenger"]["value"] == 0.935


def test_its_jobs_and_images_are_worded_anew(old_url: str) -> None:
    migrate.upgrade(old_url)
    jobs = _all(Job)
    assert tuple(render(one.message) for one in jobs) == JOBS_WORDED
    assert [one.kind for one in jobs] == ["check", *(kind for kind, *_ in JOBS[1:])]
    faults = [render(one) for one in messages_from_json(jobs[3].result["faults"])]
    assert faults == ["a.txt: there is no image for this label file", "b.jpg: It is empty."]
    assert jobs[4].result == {"frames": 45, "cut_off": False}
    images = _all(Image)
    assert tuple(render(one.note) for one in images) == NOTES_WORDED
    assert [hinted_class(one.note, ("rock", "paper", "scissors")) for one in images[:3]] == [None, "rock", None]
    assert [len(one.boxes) for one in images] == [1] * len(NOTES)  # rebuilding a table took none of them along


def test_work_that_was_under_way_still_reaches_its_flow(old_url: str) -> None:
    migrate.upgrade(old_url)
    done, failed = _all(WorkItem)
    assert render(done.message) == "Running on w"
    assert render(messages_from_json(done.result["message"])) == "12 new images. 10 boxes"
    error = work_errors.unpacked(failed.error)
    assert type(error) is LookupError and error.args == (Message("job.ended"),)
    assert str(error) == "This job has already ended."


def test_the_way_back_gives_sentences_again(old_url: str) -> None:
    migrate.upgrade(old_url)
    migrate.downgrade("0004", old_url)
    with engine_for(old_url).connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        found = {
            name: list(connection.scalars(select(tables.tables[name].c[column]).order_by(tables.tables[name].c.id)))
            for name, column in (("decisions", "reason"), ("jobs", "message"), ("images", "note"))
        }
        details = connection.scalar(
            select(tables.tables["decisions"].c.details).where(tables.tables["decisions"].c.id == 2)
        )
    assert (tuple(found["decisions"]), tuple(found["jobs"])) == (WORDED, JOBS_WORDED)
    assert found["images"][:2] == [*NOTES[:2]]
    assert details is not None and details["drift"]["summary"] == DECISIONS[1][2]["drift"]["summary"]
    migrate.upgrade(old_url)
    migrate.check(old_url)
    assert tuple(render(one.reason) for one in _all(Decision)) == WORDED


def test_the_champion_is_known_from_it(old_url: str) -> None:
    migrate.upgrade(old_url)
    status = champion_status("linear")
    assert status.version == 6 and len(JOBS) == len(JOBS_WORDED)


def test_a_migration_that_fails_changes_nothing_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{(tmp_path / 'old.db').as_posix()}"
    make_old_catalog(url)
    with monkeypatch.context() as broken:
        broken.setattr("core.catalog.legacy_messages.learning", lambda kept: 1 / 0)  # the last thing that it does
        with pytest.raises(ZeroDivisionError):
            migrate.upgrade(url)
    assert migrate.current_revision(url) == "0005"
    with engine_for(url).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("SELECT reason FROM decisions WHERE id = 1").scalar() == DECISIONS[0][1]
    migrate.upgrade(url)
    migrate.check(url)
