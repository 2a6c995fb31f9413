"""The address that a process without a web server gives to Prometheus."""

from __future__ import annotations

import socket
import subprocess
import sys

import httpx
import psutil
import pytest
from loguru import logger

from core import __version__
from core.config.settings import ROOT, Settings, get_settings
from core.live.live_metrics import COLLECTOR
from core.monitoring.metrics.exporter import start_exporter
from core.monitoring.metrics.machine_metrics import MachineCollector, TreeCollector
from flows.metrics import RunnerCollector
from tests.exposition import Samples, exposed
from tests.ports import free_port
from tests.waiting import wait_until


def test_it_serves_what_it_was_given_and_what_the_process_uses(settings: Settings) -> None:
    exporter = start_exporter(free_port(), "SHIFUMI_X", [TreeCollector(), COLLECTOR])
    assert exporter is not None
    try:
        assert exporter.server.server_address[0] == settings.host
        answer = httpx.get(f"http://127.0.0.1:{exporter.port}/metrics")
    finally:
        exporter.close()
    found = Samples(answer.text)
    assert answer.headers["content-type"].startswith("text/plain")
    assert found.get("shifumi_build_info", version=__version__) == 1
    assert found.get("shifumi_live_viewers") is not None
    assert (found.get("shifumi_data_disk_free_bytes") or 0) > 0
    if sys.platform == "linux":
        assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= found.names


def test_a_port_that_is_taken_costs_the_figures_and_nothing_else() -> None:
    said: list[str] = []
    sink = logger.add(said.append, level="WARNING")
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            assert start_exporter(taken.getsockname()[1], "SHIFUMI_X", []) is None
    finally:
        logger.remove(sink)
    assert "Choose another port with SHIFUMI_X" in "".join(said)


def test_port_0_is_no_address() -> None:
    assert start_exporter(0, "SHIFUMI_X", []) is None


def test_the_processes_that_were_started_count_too() -> None:
    me = psutil.Process()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=ROOT) as child:

        def counted() -> bool:
            """Other children of this process may end meanwhile: then once more."""
            before = {one.pid for one in me.children(recursive=True)}
            count = exposed(TreeCollector()).get("shifumi_process_tree_processes")
            after = {one.pid for one in me.children(recursive=True)}
            assert child.pid in before
            return before == after and count == 1 + len(before)

        wait_until(counted, what="a count of this process and its children")
        memory = exposed(TreeCollector()).get("shifumi_process_tree_resident_memory_bytes") or 0
        assert memory > me.memory_info().rss
        child.communicate(b"\n")


def test_a_data_folder_that_is_gone_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_DATA_DIR", "/nowhere/at/all")
    get_settings.cache_clear()
    assert exposed(MachineCollector()).get("shifumi_data_disk_free_bytes") is None


def test_prefects_runner_tells_what_is_asked_of_it() -> None:
    """Before its first poll and outside its event loop, as a scrape finds it."""
    from prefect.runner import Runner

    found = exposed(RunnerCollector(Runner(name="t", limit=2)))
    assert found.get("shifumi_runner_poll_timestamp_seconds") is None
    assert found.get("shifumi_runner_slot_available") == 1
    assert found.get("shifumi_runner_limit") == get_settings().runner_limit


@pytest.mark.parametrize("light", ["core.monitoring.metrics.exporter", "core.live.live_metrics"])
def test_the_exporter_brings_nothing_heavy(light: str) -> None:
    """It starts before the first page."""
    heavy = {"sqlalchemy", "numpy", "cv2", "streamlit", "mlflow"}
    code = f"import sys, {light}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
