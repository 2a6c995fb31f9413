"""The newcomer's journey, in a real browser against everything that ``manage.py run`` starts."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.discord import FakeDiscord, fake_discord
from tests.e2e.signing import username_field
from tests.e2e.stack import Running, free_ports
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PASSWORD = "quiet-otter-lantern"
SLOW = 60_000  # ms: a flow run on a busy machine


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


class Visitor:
    """Somebody at the browser; ``go`` clicks through the navigation as people do."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page = page
        self.base = f"http://127.0.0.1:{running.environment['SHIFUMI_WORKBENCH_PORT']}"

    def log_in(self) -> None:
        username_field(self.page).fill("admin")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.keyboard.press("Enter")

    def go(self, name: str) -> None:
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        self.sees_title(name)

    def sees_title(self, name: str) -> None:
        expect(self.page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible(timeout=SLOW)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_test_id("stMain").get_by_text(text).first).to_be_visible(timeout=SLOW)

    def clicks(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()


def test_from_login_to_a_better_model(
    page: Page, context: BrowserContext, running: Running, discord: FakeDiscord
) -> None:
    visitor = Visitor(page, running)

    # A deep link, signed out: the form first, then the page that was asked for.
    page.goto(f"{visitor.base}/datasets")
    visitor.log_in()
    visitor.sees_title("Datasets")
    assert page.url.endswith("/datasets")

    visitor.clicks(re.compile("Generate"))
    visitor.sees(re.compile("Dataset 1"))
    visitor.go("Overview")
    visitor.sees(re.compile(r"\b(version 1|v1)\b", re.IGNORECASE))

    # The world changes: the boundary turns, by keyboard.
    visitor.go("Datasets")
    slider = page.get_by_role("slider", name="Boundary angle")
    slider.focus()
    slider.press("End")
    visitor.clicks(re.compile("Generate"))
    visitor.sees(re.compile("Dataset 2"))

    # Nothing more is clicked: the system notices, retrains, compares, promotes and says so.
    visitor.go("Overview")
    visitor.sees(re.compile(r"\b(version 2|v2)\b", re.IGNORECASE))
    wait_until(lambda: any("challenger v2 promoted" in title for title in discord.titles), what="Discord to hear of it")

    # A check by hand finds everything in order.
    visitor.go("Train")
    visitor.clicks("Check & retrain")
    visitor.sees(re.compile("kept", re.IGNORECASE))

    visitor.go("Runs")
    visitor.sees(re.compile("Runs"))
    visitor.go("Flows")
    visitor.sees("check-and-retrain")

    # Refresh, and a new tab: still here, still logged in.
    page.reload()
    visitor.sees_title("Flows")
    other = Visitor(context.new_page(), running)
    other.page.goto(f"{other.base}/runs")
    other.sees_title("Runs")

    visitor.go("Predict")
    visitor.sees(re.compile(r"class [01]", re.IGNORECASE))
    _the_sidecar_answers_with_a_new_token(visitor, running)

    # Logging out here ends the other tab too.
    visitor.clicks("Log out")
    expect(username_field(page)).to_be_visible(timeout=SLOW)
    other.page.reload()
    expect(username_field(other.page)).to_be_visible(timeout=SLOW)
    assert running.stop() < 10


def _the_sidecar_answers_with_a_new_token(visitor: Visitor, running: Running) -> None:
    visitor.go("Admin")
    visitor.page.get_by_role("tab", name="API tokens").click()
    visitor.page.get_by_text("Create a token").click()
    visitor.page.get_by_label("Where is it used?").fill("journey")
    visitor.page.get_by_label("Where is it used?").press("Enter")
    shown = visitor.page.get_by_text(re.compile("^shf_")).first
    expect(shown).to_be_visible(timeout=SLOW)
    api = f"http://127.0.0.1:{running.environment['SHIFUMI_API_PORT']}"
    answer = httpx.post(
        f"{api}/predict",
        json={"features": [[0.5, 0.5]]},
        headers={"Authorization": f"Bearer {shown.inner_text().strip()}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    assert httpx.post(f"{api}/predict", json={"features": [[0.5, 0.5]]}).status_code == 401
