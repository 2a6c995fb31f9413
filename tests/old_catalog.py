"""A catalog as version 0.1 left it: its tables (migration 0004) and the sentences that it wrote."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.catalog import migrate
from core.catalog.engine import engine_for
from core.config.settings import get_settings
from tests.old_rows import DECISIONS, JOBS, NOTES

_BEGAN = datetime.now(UTC) - timedelta(hours=3)


def make_old_catalog(url: str) -> None:
    """Make the tables of version 0.1 in the empty database ``url`` and fill them."""
    migrate.upgrade(url, "0004")
    with engine_for(url).begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        for number, (kind, reason, details) in enumerate(DECISIONS, 1):
            row = {"workload": "linear", "drift": False, "challenger_version": number, "metric": 0.9, "dataset_id": 1}
            _insert(
                connection, tables, "decisions", {**row, "kind": kind, "reason": reason, "details": details}, number
            )
        for number, (kind, state, message, result) in enumerate(JOBS, 1):
            row = {"id": f"job-{number}", "kind": kind, "workload": "linear", "parameters": {}, "created_by": "ada"}
            more = {"state": state, "progress": 1.0, "message": message, "result": result, "finished_at": _at(number)}
            _insert(connection, tables, "jobs", {**row, **more}, number, "created_at")
        for number, note in enumerate(NOTES, 1):
            row = {"workload": "rps", "sha256": f"{number:064}", "session": "s", "split": "train", "source": "upload"}
            more = {"state": "unlabelled", "priority": 0, "note": note, "width": 9, "height": 9, "bytes": 9}
            _insert(connection, tables, "images", {**row, **more, "created_by": "ada"}, number, "created_at")
            box = {"label": "rock", "x": 0.5, "y": 0.5, "width": 0.2, "height": 0.2, "provenance": "human"}
            _insert(connection, tables, "boxes", {**box, "image_id": number, "created_by": "ada"}, number, "created_at")
        _work_items(connection, tables)


def _work_items(connection: sa.Connection, tables: sa.MetaData) -> None:
    row = {
        "job_id": "job-4",
        "kind": "import-images",
        "arguments": {},
        "queue": "default",
        "attempts": 1,
        "worker": "w",
    }
    done = {"state": "done", "progress": 1.0, "message": "Taken by w", "learning": {}, "error": {}}
    left = {"in_short": {}, "sentence": "New pictures: 12, boxes: 10", "unlabelled": 0}
    _insert(connection, tables, "work_items", {"id": "item-1", **row, **done, "result": left}, 1, "created_at")
    error = {"module": "builtins", "name": "LookupError", "message": "This run has already ended."}
    failed = {"state": "failed", "progress": 0.5, "message": "", "learning": {"words": "Epoch 1"}, "error": error}
    _insert(connection, tables, "work_items", {"id": "item-2", **row, **failed, "result": {}}, 2, "created_at")


def _insert(
    connection: sa.Connection, tables: sa.MetaData, name: str, row: dict[str, object], number: int, when: str = "at"
) -> None:
    table = tables.tables[name]
    plain = {column: value for column, value in {**row, when: _at(number)}.items() if column in table.columns}
    assert len(plain) == len(row) + 1, f"{name} had no column {set(row) - set(plain)}"
    connection.execute(table.insert().values(json.loads(json.dumps(plain, default=str)) | _times(plain)))


def _times(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if isinstance(value, datetime)}


def _at(number: int) -> datetime:
    return _BEGAN + timedelta(minutes=number)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a catalog that version 0.1 left, on each engine; the product works on it."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{(tmp_path / 'old.db').as_posix()}"
    make_old_catalog(url)
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", url)
    get_settings.cache_clear()
    yield url
    engine_for(url).dispose()
    if postgres:
        migrate.downgrade("base", url)
