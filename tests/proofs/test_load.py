"""Half an hour of mixed traffic with sudden deaths: nothing acknowledged is lost, nothing hangs, memory stays flat.

    PROOF_MINUTES=30 python3 manage.py prove tests/proofs/test_load.py

``PROOF_MINUTES`` says how long, ``PROOF_SEED`` repeats an order of deaths, ``PROOF_BROKER=filesystem://`` hands heavy
work to Celery.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserType
from playwright.sync_api import Error as BrowserError

from core.auth.roles import SYSTEM, Role
from core.auth.tokens import create_token
from core.catalog.tables import Job
from core.cli.checks.orphans import Repair
from core.cli.doctor import examine
from core.config.settings import Settings, get_settings
from core.jobs import jobs, prefect_api
from core.models import registry
from tests.e2e.conftest import _CHROMIUM_ARGS, browser_type_launch_args  # noqa: F401 - a fixture
from tests.e2e.fake_camera import arguments, squares, write_film
from tests.e2e.live_page import LivePage
from tests.e2e.stack import Running, free_ports
from tests.e2e.workbench import Workbench
from tests.people import PASSWORD, make_user
from tests.proofs.load.deaths import Reaper
from tests.proofs.load.ledger import Ledger
from tests.proofs.load.memory import Gauge
from tests.proofs.load.traffic import EDITOR, Traffic
from tests.waiting import wait_until

MINUTES = float(os.environ.get("PROOF_MINUTES", "30"))
SEED = int(os.environ.get("PROOF_SEED", "7"))
BROKER = os.environ.get("PROOF_BROKER", "")
ALL = ("workbench", "api", "prefect", "runner")


class Product:
    """The stack over one data folder, started again when its supervisor was killed."""

    def __init__(self, settings: Settings, chosen: dict[str, str]) -> None:
        self._settings, self._chosen = settings, chosen
        self.running = Running(settings.data_dir, chosen)

    @property
    def pid(self) -> int:
        return self.running.process.pid

    def restart(self) -> None:
        self.running.process.wait()
        self.running = Running(self._settings.data_dir, self._chosen)


@pytest.fixture
def product(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    chosen = free_ports() | {"SHIFUMI_ADMIN_PASSWORD": PASSWORD, "SHIFUMI_CHECK_INTERVAL_S": "45"}
    if BROKER:
        chosen["SHIFUMI_CELERY_BROKER_URL"] = BROKER
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    made = Product(get_settings(), chosen)
    try:
        made.running.wait_healthy(*ALL)
        yield made
    finally:
        made.running.kill()


@pytest.fixture
def browser_with_camera(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],  # noqa: F811
    tmp_path: Path,
) -> Iterator[Browser]:
    film = write_film(tmp_path / "camera.mjpeg", squares())
    launched = browser_type.launch(**{**browser_type_launch_args, "args": [*_CHROMIUM_ARGS, *arguments(film)]})
    yield launched
    launched.close()


def watch_live(browser: Browser, url: str, end: float, ledger: Ledger) -> None:
    """Somebody who plays all the time and comes back whenever the picture stands still."""
    bench = Workbench(url, Path(os.devnull))
    while time.monotonic() < end:
        context = browser.new_context()
        try:
            live = LivePage(context.new_page(), bench, "vic")
            live.start()
            ledger.count("Live: streams begun")
            seen = live.clock()
            while time.monotonic() < end:
                live.page.wait_for_timeout(5_000)
                now = live.clock()
                if now <= seen:
                    break
                ledger.count("Live: seconds of video", round(now - seen))
                seen = now
        except (AssertionError, BrowserError):
            ledger.count("Live: tries while the workbench was down")
        finally:
            context.close()


@pytest.mark.stack
@pytest.mark.browser
def test_mixed_traffic_with_sudden_deaths(product: Product, browser_with_camera: Browser) -> None:
    make_user("vic", Role.VIEWER)
    secret, _ = create_token(SYSTEM, "proof", ["predict"], None)
    settings, ledger = get_settings(), Ledger()
    a_retrain_works(settings, secret)
    end = time.monotonic() + 60 * MINUTES
    url = f"http://127.0.0.1:{settings.workbench_port}"
    with (
        Gauge(lambda: product.pid) as gauge,
        Traffic(ledger, settings.sidecar_url, secret, SEED),
        Reaper(lambda: product.pid, product.restart, 20.0, SEED) as reaper,
    ):
        watch_live(browser_with_camera, url, end, ledger)
    product.running.wait_healthy(*ALL)
    wait_until(lambda: not jobs.alive(), timeout=180, every=1, what="every job to end")
    wait_until(nothing_runs_in_prefect, timeout=120, every=1, what="every flow run to end")
    tell(ledger, reaper, gauge)
    assert not reaper.problems and sum(reaper.killed.values()) >= MINUTES
    assert ledger.wrong == []
    assert ledger.lost() == []
    for name in ("catalog.db", "mlflow/mlflow.db", "prefect/prefect.db"):
        with sqlite3.connect(settings.data_dir / name) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), name
    problems = [finding.text for finding in examine(settings, Repair(), deep=True) if finding.level == "problem"]
    assert problems == []
    a_retrain_works(settings, secret)
    assert gauge.quarter(4).megabytes < 1.25 * gauge.quarter(2).megabytes, "memory grows"
    assert product.running.stop() < 10


def nothing_runs_in_prefect() -> bool:
    return not prefect_api.runs(["PENDING", "RUNNING", "CANCELLING"], limit=50)


def a_retrain_works(settings: Settings, secret: str) -> None:
    """Generate, look at it, and the champion answers."""

    def accepted(kind: str, parameters: dict[str, Any]) -> Job:
        def submitted() -> Job | None:
            try:
                return jobs.submit(EDITOR, kind, "linear", parameters)
            except jobs.JobBusyError:
                return None

        found = wait_until(submitted, timeout=120, every=1, what=f"{kind} to be accepted")
        assert found is not None
        return found

    for kind, parameters in ((jobs.GENERATE, {"choices": {"rows": 5_000}}), (jobs.CHECK, {"forced": True})):
        job = accepted(kind, parameters)
        wait_until(lambda: (jobs.get(job.id) or job).finished_at, timeout=120, every=0.5, what=kind)  # noqa: B023
        ended = jobs.get(job.id)
        assert ended is not None and ended.state == jobs.COMPLETED, ended and ended.message

    def champion_answers() -> bool:
        answer = httpx.post(
            f"{settings.sidecar_url}/predict",
            json={"features": [[0.1, 0.2]]},
            headers={"Authorization": f"Bearer {secret}"},
        )
        champion = registry.champion("linear")
        return answer.status_code == 200 and champion is not None and answer.json()["version"] == champion.version

    wait_until(champion_answers, timeout=30, what="the champion to answer")


def tell(ledger: Ledger, reaper: Reaper, gauge: Gauge) -> None:
    """The figures, as a Markdown table for docs/operations.md."""
    rows = [(name, f"{number:,}") for name, number in sorted(ledger.counts.items())]
    rows += [(f"killed: {name}", str(number)) for name, number in sorted(reaper.killed.items())]
    states = Counter(job.state for job in jobs.listed(limit=10**6))
    rows += [(f"jobs {state}", str(number)) for state, number in sorted(states.items())]
    for number in (1, 2, 3, 4):
        one = gauge.quarter(number)
        text = f"{one.megabytes:,.0f} MB, {one.threads} threads, {one.files} open files"
        rows.append((f"all processes, quarter {number} of the time (median)", text))
    print(f"\n| {MINUTES:g} minutes, seed {SEED} | |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in rows), flush=True)
