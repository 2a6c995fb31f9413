"""`manage.py run` with every real brick: from an empty folder to the address table, and down again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.cli import trees
from core.probe import probe
from core.runfile import ProcessRecord, read_run_record
from core.settings import ROOT
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")]


class Running:
    """A stack over its own folder and ports, as a person starts it."""

    command = (sys.executable, "-m", "core.cli", "run")

    def __init__(self, data_dir: Path, ports: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = os.environ | {"SHIFUMI_DATA_DIR": str(data_dir)} | ports
        self.output = data_dir.parent / "console.log"
        with self.output.open("w") as console:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=console, stderr=subprocess.STDOUT
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def record(self, name: str) -> ProcessRecord | None:
        found = read_run_record(self.data_dir / "run")
        return found.processes.get(name) if found else None

    def wait_healthy(self, *names: str) -> None:
        def all_well() -> bool:
            assert self.process.poll() is None, self.said
            return all((record := self.record(name)) and record.state == "healthy" for name in names)

        wait_until(all_well, timeout=120, what=f"{names} healthy; so far:\n{self.said}")

    def stop(self) -> float:
        """Send one Ctrl-C; returns the seconds until the exit, which must be a clean one."""
        family = trees.below(self.process.pid)
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=30) == 0, self.said
        assert trees.living(family) == []
        return time.monotonic() - began


@pytest.fixture
def ports() -> dict[str, str]:
    return {f"SHIFUMI_{name}_PORT": str(free_port()) for name in ("WORKBENCH", "API", "PREFECT", "MLFLOW")}


@pytest.fixture
def started(tmp_path: Path, ports: dict[str, str]) -> Iterator[list[Running]]:
    stacks: list[Running] = []
    yield stacks
    for stack in stacks:
        trees.kill_all([*trees.below(stack.process.pid), *trees.by_pid(stack.process.pid)])
        stack.process.wait()


def test_from_an_empty_folder_to_a_clean_stop_and_up_again(
    tmp_path: Path, ports: dict[str, str], started: list[Running]
) -> None:
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

    second = subprocess.run(first.command, cwd=ROOT, env=first.environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"process {first.process.pid}" in second.stderr
    assert first.process.poll() is None

    elsewhere = first.environment | {"SHIFUMI_DATA_DIR": str(tmp_path / "other")}
    third = subprocess.run(first.command, cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=False)
    assert third.returncode == 1
    assert "SHIFUMI_WORKBENCH_PORT" in third.stderr and "SHIFUMI_PREFECT_PORT" in third.stderr

    assert first.stop() < 10
    again = Running(first.data_dir, ports)
    started.append(again)
    again.wait_healthy("workbench")
    assert "password" not in again.said
    assert again.stop() < 10
