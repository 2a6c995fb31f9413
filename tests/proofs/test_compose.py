"""``docker compose up`` and ``manage.py run`` give the same application: the same journey, by browser, against both.

Where there is no Docker, podman runs the containers and the real Docker Compose orders them; images that cannot be
pulled are made of Debian's packages of the same programs (``stand_ins/``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from aioice.ice import get_host_addresses
from playwright.sync_api import BrowserContext, Page

from tests.discord import FakeDiscord, fake_discord
from tests.e2e.conftest import browser_context_args, browser_type_launch_args  # noqa: F401 - fixtures
from tests.e2e.journey import Place, from_login_to_a_better_model
from tests.proofs.stack_of_containers import Containers, containers
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def discord() -> Iterator[FakeDiscord]:
    """On all addresses: the containers call it by this machine's own."""
    with fake_discord("0.0.0.0", get_host_addresses(use_ipv4=True, use_ipv6=False)[0]) as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, discord: FakeDiscord) -> Iterator[Containers]:
    """The default profile, healthy."""
    with containers(tmp_path_factory.mktemp("compose"), SHIFUMI_DISCORD_WEBHOOK_URL=discord.url) as made:
        made.up()
        yield made


def test_the_journey(page: Page, context: BrowserContext, running: Containers, discord: FakeDiscord) -> None:
    password = running.values["SHIFUMI_ADMIN_PASSWORD"]
    place = Place(running.workbench, running.api, password, lambda: discord.titles)
    from_login_to_a_better_model(page, context, place)


def test_nothing_runs_as_root_and_no_code_can_be_changed(running: Containers) -> None:
    for service in ("app", "api", "runner", "prefect", "mlflow"):
        assert running.inside(service, "id", "-u").strip() == "10001"
        refused = running.inside(service, "sh", "-c", "touch /app/core/x 2>&1 || true; touch /opt/venv/x 2>&1 || true")
        assert refused.count("Read-only file system") == 2, refused
        assert "CapEff:\t0000000000000000" in running.inside(service, "cat", "/proc/self/status")


def test_the_exercise_of_the_course_runs_with_prefect(running: Containers) -> None:
    """`random-check` on its schedule, in the container: nothing of its code knows of it."""
    resume = (
        "from core.jobs import flow_control, prefect_api; "
        "one = next(item for item in prefect_api.deployments() if item['name'] == 'course'); "
        "prefect_api.set_paused(one['id'], False)"
    )
    count = (
        "from core.jobs import prefect_api; "
        "names = prefect_api.flow_names(); "
        "print(sum(names.get(run.flow_id) == 'random-check' for run in prefect_api.runs(['COMPLETED', 'FAILED'])))"
    )
    running.inside("runner", "python3", "-c", resume)
    wait_until(lambda: int(running.inside("runner", "python3", "-c", count)) > 0, timeout=180, every=5, what="a run")


def test_a_restart_keeps_everything(running: Containers) -> None:
    before = _kept(running)
    assert before["datasets"] and before["champion"]
    running.compose("stop", "--timeout", "30")
    running.up()
    wait_until(lambda: _ready(running), timeout=180, every=1, what="the champion to be served again")
    assert _kept(running) == before


def _kept(running: Containers) -> dict[str, object]:
    """What the journey has left, as the container of the workbench sees it."""
    code = (
        "import json; from core.auth import users; from core.models import registry; "
        "from core.storage import datasets; "
        "print(json.dumps({'datasets': [[one.id, one.sha256] for one in datasets.listed()], "
        "'champion': registry.champion('linear').version, "
        "'users': [one.username for one in users.list_users()]}))"
    )
    found: dict[str, object] = json.loads(running.inside("app", "python3", "-c", code).splitlines()[-1])
    return found


def _ready(running: Containers) -> bool:
    try:
        return httpx.get(f"{running.api}/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
