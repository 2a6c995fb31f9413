"""A real Uptime Kuma, set up by provision.py: up, down, told to Discord, up again, nothing doubled."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from uptime_kuma_api import MonitorStatus, UptimeKumaApi

from core.cli.checks.external_services import check_kuma
from core.config.settings import ROOT
from core.monitoring.kuma.desired_state import DISCORD
from tests.discord import fake_discord
from tests.kuma_server import uptime_kuma
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

ADMIN, PASSWORD = "watcher", "seven 7 tall ships"
NAMES = ["MLflow", "Prediction API", "Prefect", "Workbench"]


class _Well(BaseHTTPRequestHandler):
    """Says every word that a monitor waits for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"ok"} true OK')

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def service(port: int) -> Iterator[str]:
    """A server on ``port`` until the block ends; then connections are refused."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Well)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()


def provision(environment: dict[str, str], expected: int = 0) -> str:
    """Call the script as Compose does; returns what it said."""
    command = [sys.executable, "deploy/uptime-kuma/provision.py"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHIFUMI_")}
    done = subprocess.run(command, cwd=ROOT, env=inherited | environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def logged_in(url: str) -> Iterator[Any]:
    kuma = UptimeKumaApi(url, timeout=20, wait_events=0.5)
    try:
        kuma.login(ADMIN, PASSWORD)
        yield kuma
    finally:
        kuma.disconnect()


def statuses(kuma: Any) -> dict[str, MonitorStatus]:
    return {one["name"]: kuma.get_monitor_status(one["id"]) for one in kuma.get_monitors()}


def held(url: str) -> tuple[list[str], list[str]]:
    """Names of all monitors and of all notifications."""
    with logged_in(url) as kuma:
        return sorted(one["name"] for one in kuma.get_monitors()), [one["name"] for one in kuma.get_notifications()]


def test_a_real_uptime_kuma_is_set_up_watches_tells_discord_and_is_never_doubled(tmp_path: Path) -> None:
    port = free_port()
    with uptime_kuma(tmp_path / "kuma") as url, fake_discord() as discord, service(free_port()) as others:
        wishes = {f"SHIFUMI_KUMA_WATCH_{name}": others for name in ("WORKBENCH", "PREFECT", "MLFLOW")} | {
            "SHIFUMI_KUMA_WATCH_API": f"http://127.0.0.1:{port}",
            "SHIFUMI_KUMA_URL": url,
            "SHIFUMI_KUMA_USERNAME": ADMIN,
            "SHIFUMI_KUMA_PASSWORD": PASSWORD,
            "SHIFUMI_DISCORD_WEBHOOK_URL": discord.url,
        }
        with service(port):
            said = provision(wishes)
            assert f"Created the admin {ADMIN}" in said and said.count("Added monitor") == 4
            assert "very-secret" not in said and PASSWORD not in said
            _all_up(url)
        _down_and_told(url, discord)
        with service(port):
            wait_until(lambda: any("up" in title for title in discord.titles), timeout=120, every=1, what="up, told")
            _all_up(url)
        again = provision(wishes)
        assert "Added" not in again and "Changed" not in again
        assert held(url) == (NAMES, [DISCORD])
        _moved_removed_and_refused(url, wishes)


def test_a_real_one_that_was_started_without_a_database_says_so_and_the_doctor_too(tmp_path: Path) -> None:
    with uptime_kuma(tmp_path / "kuma", database="") as url:
        told = {"SHIFUMI_KUMA_URL": url, "SHIFUMI_KUMA_USERNAME": ADMIN, "SHIFUMI_KUMA_PASSWORD": PASSWORD}
        assert "UPTIME_KUMA_DB_TYPE=sqlite" in provision(told, expected=1)
        assert "no database chosen" in check_kuma(url).text
    with uptime_kuma(tmp_path / "well") as url:
        assert check_kuma(url).level == "ok"


def _all_up(url: str) -> None:
    with logged_in(url) as kuma:
        wait_until(
            lambda: set(statuses(kuma).values()) == {MonitorStatus.UP}, timeout=120, every=1, what="all monitors are up"
        )


def _down_and_told(url: str, discord: Any) -> None:
    with logged_in(url) as kuma:
        wait_until(
            lambda: statuses(kuma)["Prediction API"] is MonitorStatus.DOWN, timeout=120, every=1, what="the API is down"
        )
        assert [name for name, status in statuses(kuma).items() if status is not MonitorStatus.UP] == ["Prediction API"]
    wait_until(lambda: any("down" in title for title in discord.titles), timeout=60, what="Discord is told")


def _moved_removed_and_refused(url: str, wishes: dict[str, str]) -> None:
    with service(free_port()) as elsewhere:
        said = provision(wishes | {"SHIFUMI_KUMA_WATCH_API": elsewhere, "SHIFUMI_KUMA_WATCH_MLFLOW": ""})
        assert "Changed monitor Prediction API: url." in said
        assert "The monitor MLflow is no longer needed" in said
        assert held(url) == (NAMES, [DISCORD])
        with logged_in(url) as kuma:
            moved = next(one for one in kuma.get_monitors() if one["name"] == "Prediction API")
            assert moved["url"] == f"{elsewhere}/health"
            kuma.pause_monitor(moved["id"])
    assert "Changed monitor Prediction API" in provision(wishes)
    paused = [one["name"] for one in _monitors(url) if not one["active"]]
    assert paused == []
    refused = provision(wishes | {"SHIFUMI_KUMA_PASSWORD": "another 8 tall ships"}, expected=1)
    assert "rejects SHIFUMI_KUMA_USERNAME" in refused and "Traceback" not in refused


def _monitors(url: str) -> list[dict[str, Any]]:
    with logged_in(url) as kuma:
        return list(kuma.get_monitors())
