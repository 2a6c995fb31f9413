"""The profiles ``scale`` and ``monitoring`` by the real Docker Compose: workers take the work, alerts reach Discord.

Grafana's image holds what no package does: it is left out where it cannot be pulled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aioice.ice import get_host_addresses

from tests.discord import FakeDiscord, fake_discord
from tests.proofs.stack_of_containers import Containers, containers
from tests.waiting import wait_until

PROFILES = ("scale", "monitoring")

_SUBMIT = """
from core.jobs import jobs
from core.auth.roles import Actor, Role
jobs.submit(Actor("ed", Role.EDITOR), jobs.GENERATE, "linear", {"choices": {"rows": 5000}})
"""
_LOOK = """
import json
from sqlalchemy import select
from core.loop import decisions
from core.catalog.engine import reading
from core.catalog.work_tables import WorkItem
with reading() as session:
    done = [(item.kind, item.state, item.worker) for item in session.scalars(select(WorkItem))]
print(json.dumps({"items": done, "decisions": [one.kind for one in decisions.latest("linear")]}))
"""


@pytest.fixture(scope="module")
def discord() -> Iterator[FakeDiscord]:
    """On all addresses: the containers call it by this machine's own."""
    with fake_discord("0.0.0.0", get_host_addresses(use_ipv4=True, use_ipv6=False)[0]) as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, discord: FakeDiscord) -> Iterator[Containers]:
    """Both profiles, healthy, and two workers."""
    chosen = {"SHIFUMI_DISCORD_WEBHOOK_URL": discord.url, "SHIFUMI_SCALE": "1", "SHIFUMI_WORKERS": "2"}
    with containers(tmp_path_factory.mktemp("profiles"), *PROFILES, **chosen) as made:
        made.up(*PROFILES)
        yield made


def asked(running: Containers, path: str) -> Any:
    """What Prometheus answers, from inside."""
    text = running.inside("prometheus", "wget", "--quiet", "--output-document=-", f"http://127.0.0.1:9090{path}")
    return json.loads(text)["data"]


def test_a_worker_trains(running: Containers) -> None:
    running.inside("runner", "python3", "-c", _SUBMIT)

    def promoted() -> dict[str, Any] | None:
        found: dict[str, Any] = json.loads(running.inside("runner", "python3", "-c", _LOOK))
        return found if "promoted" in found["decisions"] else None

    found = wait_until(promoted, timeout=240, every=3, what="a model trained by a worker")
    assert found is not None
    assert [(kind, state) for kind, state, _worker in found["items"]] == [("train", "done")]
    assert found["items"][0][2], "no worker says that it did it"


def test_every_target_is_scraped_and_a_killed_sidecar_is_told(running: Containers, discord: FakeDiscord) -> None:
    wanted = {"api", "workbench", "streamlit", "runner", "worker", "prefect", "node", "alertmanager", "prometheus"}

    def all_up() -> list[str] | None:
        targets = asked(running, "/api/v1/targets?state=active")["activeTargets"]
        up = sorted(one["labels"]["job"] for one in targets if one["health"] == "up")
        # Grafana is configured, and may be missing here.
        missing = {one["labels"]["job"] for one in targets} - set(up) - {"grafana"}
        print("up:", up, "not yet:", sorted(missing | (wanted - set(up))), flush=True)
        return up if wanted <= set(up) and not missing else None

    jobs = wait_until(all_up, timeout=240, every=5, what="all targets to be up")
    assert jobs is not None
    assert jobs.count("worker") == 2
    running.compose("stop", "--timeout", "0", "api")
    wait_until(lambda: _told(discord, "Firing", "PredictionApiDown"), timeout=300, every=2, what="an alert")
    running.compose("start", "api")
    wait_until(lambda: _told(discord, "Resolved", "PredictionApiDown"), timeout=400, every=2, what="its end")


def _told(discord: FakeDiscord, state: str, alert: str) -> bool:
    return any(state in title and alert in title for title in discord.titles)
