"""Prometheus, Alertmanager and the node exporter over the project's own files, on ports and at a pace of a proof."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.dashboards import ALERTMANAGER, PROMETHEUS, loaded
from tests.ports import free_port
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that answers at ``url``."""

    url: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert answer["status"] == "success", (expression, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def targets(self) -> dict[str, str]:
        """Job → "up", or what is wrong."""
        active = httpx.get(f"{self.url}/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
        return {one["labels"]["job"]: one["lastError"] or one["health"] for one in active}

    def rules(self) -> dict[str, dict[str, Any]]:
        """Alert → what Prometheus says about its rule."""
        groups = httpx.get(f"{self.url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}


@contextmanager
def program(command: list[str], log: Path, ready: str) -> Iterator[None]:
    """Run it until the block ends; it is ready when ``ready`` answers."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            wait_until(lambda: _answers(process, log, ready), what=f"{command[0]} at {ready}")
            yield
        finally:
            process.terminate()


def _answers(process: subprocess.Popen[bytes], log: Path, url: str) -> bool:
    assert process.poll() is None, log.read_text(encoding="utf-8")
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def observing(folder: Path, ports: Mapping[str, int], discord: str) -> Iterator[Prometheus]:
    """Watch what listens on ``ports`` (job → port), tell ``discord``. The rules are the project's file, unchanged."""
    own, alerting, node = free_port(), free_port(), free_port()
    (folder / "alertmanager.yml").write_text(_alertmanager(discord), encoding="utf-8")
    configuration = _prometheus({**ports, "prometheus": own, "alertmanager": alerting, "node": node}, alerting)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    with ExitStack() as stack:
        command = [_found("prometheus-node-exporter", "node_exporter"), f"--web.listen-address=127.0.0.1:{node}"]
        stack.enter_context(program(command, folder / "node.log", f"http://127.0.0.1:{node}/"))
        command = [
            _found("prometheus-alertmanager", "alertmanager"),
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alerting}",
            "--cluster.listen-address=",
        ]
        stack.enter_context(program(command, folder / "alertmanager.log", f"http://127.0.0.1:{alerting}/-/ready"))
        command = [
            _found("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{own}",
        ]
        stack.enter_context(program(command, folder / "prometheus.log", f"http://127.0.0.1:{own}/-/ready"))
        yield Prometheus(f"http://127.0.0.1:{own}")


def _prometheus(ports: Mapping[str, int], alertmanager: int) -> dict[str, Any]:
    """The laptop's configuration with these ports, and with what is only commented there; a look each second."""
    usual, _marker, marked = (PROMETHEUS / "laptop.yml").read_text(encoding="utf-8").partition("run too.\n")
    made: dict[str, Any] = yaml.safe_load(usual + "\n" + marked.replace("  # ", "  "))
    made["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    made["rule_files"] = [str(PROMETHEUS / "rules.yml")]
    made["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager}"]
    made["scrape_configs"] = [job for job in made["scrape_configs"] if job["job_name"] in ports]
    for job in made["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    return made


def _alertmanager(discord: str) -> str:
    """As the guide makes it for a version that cannot read the address from a file, and told at once."""
    made = loaded(ALERTMANAGER)
    for receiver in made["receivers"]:
        for one in receiver["discord_configs"]:
            del one["webhook_url_file"]
            one["webhook_url"] = discord
    made["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    return str(yaml.safe_dump(made, allow_unicode=True))


def _found(*names: str) -> str:
    path = next(filter(None, map(shutil.which, names)), None)
    assert path is not None, f"{names[0]} is not installed"
    return path
