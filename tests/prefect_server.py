"""A real Prefect server and a real flow runner, started by the commands that ``manage.py run`` uses.

Tests ask for the fixture ``prefect`` (one server per session, this test's own catalog) and start a
:func:`flow_runner` when something has to execute. Mark such tests ``stack``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from core.cli.processes import Child, ProcessSpec
from core.cli.shutdown import stop_all
from core.cli.stack import stack
from core.config.settings import ROOT, Settings, get_settings
from core.jobs import prefect_api
from tests.ports import free_port
from tests.waiting import wait_until

_LIVE = ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED"]


@contextmanager
def running(spec: ProcessSpec, output: Path, timeout: float = 90.0) -> Iterator[Child]:
    """Start ``spec``, wait until it is healthy, and kill its whole tree afterwards.

    Tests may kill the child themselves: ``child.tree()`` are its processes.
    """
    # A name of its own: processes are found again by their mark, and one test may run two servers.
    child = Child(replace(spec, name=f"{spec.name}-{uuid4().hex[:8]}"), output, ROOT)

    def ready() -> bool:
        assert child.exit_code is None, f"{spec.name} ended with {child.exit_code}:\n{output.read_text()[-2000:]}"
        return spec.healthy()

    try:
        wait_until(ready, timeout=timeout, what=f"{spec.label} healthy, see {output}")
        yield child
    finally:
        assert stop_all([child], lambda: True) == [], f"{spec.label} would not stop"


def prefect_spec(data_dir: Path, port: int) -> ProcessSpec:
    """The server as the supervisor starts it, with its database under ``data_dir``."""
    ours = Settings(_env_file=None, data_dir=data_dir, prefect_port=port, prefect_api_url=None)
    ours.make_folders()
    return next(spec for spec in stack(ours) if spec.name == "prefect")


@contextmanager
def prefect_server(data_dir: Path, port: int) -> Iterator[str]:
    """A Prefect server of its own; gives its API address."""
    with running(prefect_spec(data_dir, port), data_dir / "prefect.out"):
        yield f"http://127.0.0.1:{port}/api"


@contextmanager
def flow_runner(env: Mapping[str, str]) -> Iterator[Child]:
    """``python -m flows.serve`` with its deployments registered.

    ``env`` holds ``SHIFUMI_DATA_DIR`` and ``PREFECT_API_URL`` at least, see :func:`runner_environment`.
    """
    data_dir = Path(env["SHIFUMI_DATA_DIR"])
    ready_file = data_dir / "run" / "runner.json"

    def ready() -> bool:
        try:
            return "ready_at" in json.loads(ready_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False

    spec = ProcessSpec(
        "runner",
        "Flow runner",
        (sys.executable, "-m", "flows.serve"),
        ready,
        env=env,
        interrupt_first=True,
        before_start=lambda: ready_file.unlink(missing_ok=True),
    )
    with running(spec, data_dir / "runner.out") as child:
        yield child


def runner_environment(**more: str) -> dict[str, str]:
    """The environment of a runner that works for the test at hand; ``more`` adds ``SHIFUMI_`` options."""
    settings = get_settings()
    passed = {name: value for name, value in os.environ.items() if name.startswith("SHIFUMI_")}
    addresses = {
        "PREFECT_API_URL": settings.prefect_api,
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    }
    return {**passed, **addresses, **more}


@pytest.fixture(scope="session")
def prefect_api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the whole session: it takes ten seconds to start."""
    with prefect_server(tmp_path_factory.mktemp("prefect-server"), free_port()) as url:
        yield url


@pytest.fixture
def prefect(prefect_api_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This test talks to the session's server. What it leaves unfinished there is cancelled afterwards."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api_url)
    get_settings.cache_clear()
    yield prefect_api_url
    wait_until(_cancel_what_is_left, timeout=120, what="Prefect to cancel what the test left")


def _cancel_what_is_left() -> bool:
    """False while Prefect does not answer: its own writers wait up to a minute for each other's lock on SQLite."""
    try:
        for run in prefect_api.runs(_LIVE, limit=200):
            prefect_api.set_state(run.id, "CANCELLED", "Cancelled", "left by a test", force=True)
    except prefect_api.PrefectUnavailableError:
        return False
    return True
