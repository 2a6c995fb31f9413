"""`manage.py run` with every real service: from an empty folder to the address table, and down again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.catalog.revision import sqlite_value
from core.config.probe import probe
from core.config.settings import ROOT
from tests.e2e.stack import Running, free_ports
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")]


SERVICES = {"workbench", "api", "prefect", "runner", "catalog"}


def seen_up(stack: Running) -> set[str]:
    """The services that the health history of ``stack`` has seen up more than once."""
    question = "SELECT group_concat(name) FROM health_samples WHERE up AND samples > 1"
    return set(str(sqlite_value(stack.data_dir / "catalog.db", question)).split(","))


@pytest.fixture
def ports() -> dict[str, str]:
    return free_ports()


@pytest.fixture
def started(tmp_path: Path, ports: dict[str, str]) -> Iterator[list[Running]]:
    stacks: list[Running] = []
    yield stacks
    for stack in stacks:
        stack.kill()


def test_from_an_empty_folder_to_a_clean_stop_and_up_again(
    tmp_path: Path, ports: dict[str, str], started: list[Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIFUMI_HEALTH_INTERVAL_S", "0.5")
    (tmp_path / "fresh").mkdir()
    first = Running(tmp_path / "fresh" / "data", ports)
    started.append(first)
    first.wait_healthy("workbench", "api", "prefect", "runner")
    assert first.said.count("password") == 1
    assert all(f"http://127.0.0.1:{ports[name]}" in first.said for name in ports if "MLFLOW" not in name)
    assert not probe(f"http://127.0.0.1:{ports['SHIFUMI_WORKBENCH_PORT']}/_stcore/health", timeout=5)

    api = first.record("api")
    assert api is not None and api.pid is not None
    psutil.Process(api.pid).kill()
    wait_until(lambda: (now := first.record("api")) and now.restarts == 1, what="the death is noticed")
    first.wait_healthy("api")
    wait_until(lambda: seen_up(first) >= SERVICES, what="samples of all services")

    second = subprocess.run(first.command, cwd=ROOT, env=first.environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"process {first.process.pid}" in second.stderr
    assert first.process.poll() is None

    elsewhere = first.environment | {"SHIFUMI_DATA_DIR": str(tmp_path / "other")}
    third = subprocess.run(first.command, cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=False)
    assert third.returncode == 1
    assert "SHIFUMI_WORKBENCH_PORT" in third.stderr and "SHIFUMI_PREFECT_PORT" in third.stderr

    first.stop()
    again = Running(first.data_dir, ports)
    started.append(again)
    again.wait_healthy("workbench")
    assert "password" not in again.said
    again.stop()
