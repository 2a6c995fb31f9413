"""The newcomer's journey, in a real browser against everything that ``manage.py run`` starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.discord import FakeDiscord, fake_discord
from tests.e2e.journey import Place, from_login_to_a_better_model
from tests.e2e.stack import Running, free_ports

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PASSWORD = "quiet-otter-lantern"


@pytest.fixture
def discord() -> Iterator[FakeDiscord]:
    with fake_discord() as server:
        yield server


@pytest.fixture
def running(tmp_path: Path, discord: FakeDiscord) -> Iterator[Running]:
    """The whole product from an empty folder, telling a stand-in of Discord."""
    chosen = {"SHIFUMI_ADMIN_PASSWORD": PASSWORD, "SHIFUMI_DISCORD_WEBHOOK_URL": discord.url}
    stack = Running(tmp_path / "data", free_ports() | chosen)
    try:
        stack.wait_healthy("workbench", "api", "prefect", "runner")
        yield stack
    finally:
        stack.kill()


def test_from_login_to_a_better_model(
    page: Page, context: BrowserContext, running: Running, discord: FakeDiscord
) -> None:
    workbench, api = (running.environment[f"SHIFUMI_{name}_PORT"] for name in ("WORKBENCH", "API"))
    place = Place(f"http://127.0.0.1:{workbench}", f"http://127.0.0.1:{api}", PASSWORD, lambda: discord.titles)
    from_login_to_a_better_model(page, context, place)
    running.stop()
