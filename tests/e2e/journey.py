"""The newcomer's journey: what a person does in the first ten minutes, against any running Shifumi.

``tests/e2e/test_journey.py`` walks it through everything that ``manage.py run`` starts,
``tests/proofs/test_compose.py`` through the containers: the same application, by the same clicks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.insisting import settled, submit_by_enter
from tests.e2e.signing import username_field
from tests.waiting import wait_until

SLOW = 60_000  # ms: a flow run on a busy machine


@dataclass(frozen=True, slots=True)
class Place:
    """A running Shifumi: where it answers, its first admin's password, and the titles that its Discord has heard."""

    url: str
    api: str
    password: str
    told: Callable[[], list[str]]


class Visitor:
    """Somebody at the browser; ``go`` clicks through the navigation as people do."""

    def __init__(self, page: Page, place: Place) -> None:
        self.page = page
        self.place = place

    def log_in(self) -> None:
        username_field(self.page).fill("admin")
        password = self.page.get_by_label("Password", exact=True)
        password.fill(self.place.password)
        submit_by_enter(password, self.page.get_by_role("button", name="Log in"))

    def go(self, name: str) -> None:
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        settled(self.page, self.title(name), SLOW)

    def sees_title(self, name: str) -> None:
        expect(self.title(name)).to_be_visible(timeout=SLOW)

    def title(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True, level=1)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_test_id("stMain").get_by_text(text).first).to_be_visible(timeout=SLOW)

    def clicks(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()


def from_login_to_a_better_model(page: Page, context: BrowserContext, place: Place) -> None:
    """Log in, generate, let the world change, see a challenger trained and, when more data confirms it, promoted and
    told; ask it over HTTP, log out."""
    visitor = Visitor(page, place)

    # A deep link, signed out: the form first, then the page that was asked for.
    page.goto(f"{place.url}/datasets")
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

    # The system notices, trains a challenger and waits: data that it was not trained on decides.
    waits = "challenger v2 waits for one more dataset"
    wait_until(lambda: any(waits in title for title in place.told()), timeout=60, what="Discord to hear that it waits")
    visitor.clicks(re.compile("Generate"))
    visitor.sees(re.compile("Dataset 3"))

    # Nothing more is clicked: it compares, promotes and says so.
    visitor.go("Overview")
    visitor.sees(re.compile(r"\b(version 2|v2)\b", re.IGNORECASE))
    wait_until(lambda: any("challenger v2 promoted" in title for title in place.told()), what="Discord to hear of it")

    # A check by hand finds no data that has not been judged.
    visitor.go("Train")
    visitor.sees(re.compile("Promoted: accuracy"))  # its check has ended: while it runs none can start
    visitor.clicks("Run check")
    visitor.sees(re.compile("Nothing new since dataset 3"))

    visitor.go("Runs")
    visitor.sees(re.compile("Runs"))
    visitor.go("Flows")
    visitor.sees("generate-dataset")

    # Refresh, and a new tab: still here, still logged in.
    page.reload()
    visitor.sees_title("Flows")
    other = Visitor(context.new_page(), place)
    other.page.goto(f"{place.url}/runs")
    other.sees_title("Runs")

    visitor.go("Predict")
    visitor.sees(re.compile(r"class [01]", re.IGNORECASE))
    _the_sidecar_answers_with_a_new_token(visitor)

    # Logging out here ends the other tab too.
    visitor.clicks("Log out")
    expect(username_field(page)).to_be_visible(timeout=SLOW)
    other.page.reload()
    expect(username_field(other.page)).to_be_visible(timeout=SLOW)


def _the_sidecar_answers_with_a_new_token(visitor: Visitor) -> None:
    visitor.go("Admin")
    visitor.page.get_by_role("tab", name="API tokens").click()
    visitor.page.get_by_text("Create a token").click()
    field = visitor.page.get_by_label("Token name")
    field.fill("journey")
    submit_by_enter(field, visitor.page.get_by_role("button", name="Create token"))
    shown = visitor.page.get_by_text(re.compile("^shf_")).first
    expect(shown).to_be_visible(timeout=SLOW)
    api = visitor.place.api
    answer = httpx.post(
        f"{api}/predict",
        json={"features": [[0.5, 0.5]]},
        headers={"Authorization": f"Bearer {shown.inner_text().strip()}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    assert httpx.post(f"{api}/predict", json={"features": [[0.5, 0.5]]}).status_code == 401
