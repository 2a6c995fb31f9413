"""Everything is scraped, every panel has something to show, and a dead sidecar is told to Discord and untold again.

The real programs over the project's own rules, dashboards and configurations; only ports, pace and Discord differ.
About three minutes: `python3 manage.py prove tests/proofs/test_monitoring.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserType

from core.auth.roles import SYSTEM, Role
from core.auth.tokens import create_token
from core.cli.processes import ProcessSpec
from core.cli.programs import find_chromium
from core.cli.stack import stack
from core.config.settings import get_settings
from core.images import UPLOAD, store
from core.loop import decisions
from flows.periodic import periodic_thread
from tests.colour_model import promote_colour_model
from tests.dashboards import Query, alerts, queries
from tests.discord import FakeDiscord, fake_discord
from tests.e2e.conftest import _CHROMIUM_ARGS
from tests.e2e.fake_camera import arguments, squares, write_film
from tests.e2e.live_page import LivePage
from tests.e2e.workbench import Workbench
from tests.flows.driving import generate, next_decision
from tests.people import make_user
from tests.pictures_of_hands import HANDS, box, picture
from tests.ports import free_port
from tests.prefect_server import flow_runner, runner_environment, running
from tests.proofs.observing import Prometheus, observing
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]

JOBS = {"api", "workbench", "streamlit", "runner", "prefect", "prometheus", "alertmanager", "node"}


@pytest.fixture
def ports(prefect: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Job → port, also set for every process that is started."""
    chosen = {name: free_port() for name in ("api", "workbench", "streamlit", "runner")}
    for name, variable in (
        ("api", "API"),
        ("workbench", "WORKBENCH_METRICS"),
        ("streamlit", "WORKBENCH"),
        ("runner", "RUNNER_METRICS"),
    ):
        monkeypatch.setenv(f"SHIFUMI_{variable}_PORT", str(chosen[name]))
    get_settings.cache_clear()
    return {**chosen, "prefect": urlsplit(prefect).port or 0}


def part(name: str) -> ProcessSpec:
    """A process as ``manage.py run`` starts it."""
    return next(spec for spec in stack(get_settings()) if spec.name == name)


@contextmanager
def traffic(secret: str) -> Iterator[None]:
    """Somebody who asks for predictions, ten times a second, whether they are answered or not."""
    url = f"{get_settings().sidecar_url}/predict"
    headers = {"Authorization": f"Bearer {secret}"}

    def ask() -> None:
        with suppress(httpx.TransportError):
            httpx.post(url, json={"features": [[0.5, 0.5], [-1.0, 0.2]]}, headers=headers, timeout=5)

    with periodic_thread("traffic", lambda: 0.1, ask):
        yield


@pytest.fixture
def watching(browser_type: BrowserType, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose camera shows a moving red square."""
    film = write_film(tmp_path / "rock.mjpeg", squares("rock"))
    launched = browser_type.launch(executable_path=find_chromium(), args=[*_CHROMIUM_ARGS, *arguments(film)])
    yield launched
    launched.close()


def live_the_loop() -> None:
    """Two datasets with different boundaries: a first champion, then drift or a fall, and a second one."""
    for angle in (45, 135):
        before = max((one.id for one in decisions.latest("linear")), default=0)
        generate(angle=angle)
        next_decision(before)


def answered(prometheus: Prometheus, left: dict[str, Query]) -> bool:
    """Drops the queries that have a series by now; True when none is left."""
    for key, query in list(left.items()):
        if prometheus.ask(query.expression):
            del left[key]
    return not left


def heard(discord: FakeDiscord, title: str) -> bool:
    return any(title in one for one in discord.titles)


def test_what_happens_is_seen_and_what_dies_is_told(
    mlflow_store: Path, ports: dict[str, int], watching: Browser, tmp_path: Path
) -> None:
    data_dir, began = get_settings().data_dir, time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    promote_colour_model()
    make_user("eve", Role.EDITOR)
    secret = create_token(SYSTEM, "proof", ["predict"], days=1)[0]
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock")])
    store.add(SYSTEM, picture(2), HANDS, source=UPLOAD, session="s")
    with ExitStack() as life:
        discord = life.enter_context(fake_discord())
        prometheus = life.enter_context(observing(tmp_path, ports, discord.url))
        child = life.enter_context(running(part("api"), data_dir / "api.out"))
        life.enter_context(running(part("workbench"), data_dir / "workbench.out"))
        life.enter_context(flow_runner(runner_environment()))
        life.enter_context(traffic(secret))
        say("sidecar, workbench, flow runner and Prefect are up")

        live_the_loop()
        say(f"decided: {', '.join(one.kind for one in reversed(decisions.latest('linear')))}")
        tab = watching.new_context(viewport={"width": 1400, "height": 900}).new_page()
        url = f"http://127.0.0.1:{ports['streamlit']}"
        page = LivePage(tab, Workbench(url, data_dir / "workbench.out"), "eve")
        page.start()
        page.sees_boxes()
        say("boxes are in the live picture")

        with suppress(AssertionError):  # the next line says which
            wait_until(lambda: prometheus.targets() == dict.fromkeys(JOBS, "up"))
        assert prometheus.targets() == dict.fromkeys(JOBS, "up")
        say(f"targets up: {', '.join(sorted(prometheus.targets()))}")
        left = {f"{query} · {query.expression}": query for query in queries()}
        asked = len(left)
        try:
            wait_until(lambda: answered(prometheus, left), timeout=120, every=1.0)
        except AssertionError:
            pytest.fail("no data for:\n" + "\n".join(left))
        say(f"{asked} expressions of the panels give data")
        rules = prometheus.rules()
        assert {name: rule["health"] for name, rule in rules.items()} == {one["alert"]: "ok" for one in alerts()}
        firing = {name for name, rule in rules.items() if rule["state"] == "firing"}
        assert "PredictionApiDown" not in firing
        say(f"{len(rules)} rules are evaluated; firing: {', '.join(sorted(firing)) or 'none'}")

        for process in child.tree():
            process.kill()
        say("the sidecar is killed")
        wait_until(lambda: heard(discord, "Firing: PredictionApiDown"), timeout=150, what="Discord to hear of it")
        say(f"Discord heard: {next(one for one in discord.titles if 'PredictionApiDown' in one)}")
        told = next(one for one in discord.embeds if "Firing: PredictionApiDown" in one["title"])
        assert "docs/monitoring.md#predictionapidown" in told["description"]
        life.enter_context(running(part("api"), data_dir / "api-again.out"))
        wait_until(lambda: heard(discord, "Resolved: PredictionApiDown"), timeout=60, what="Discord to hear the end")
        say(f"Discord heard: {next(one for one in discord.titles if 'Resolved: PredictionApiDown' in one)}")
