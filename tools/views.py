"""The views of the workbench to take screenshots of, and the window sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Page

from core.jobs import flow_control
from core.models import registry
from core.ui.shell.navigation import PAGES

Act = Callable[[Page], None]


def _nothing(_page: Page) -> None:
    """The view is what the address opens."""


@dataclass(frozen=True, slots=True)
class Look:
    """A window: its size in pixels and its colours. ``whole``: as tall as the page, instead of what a screen shows."""

    width: int
    height: int
    scheme: Literal["light", "dark"]
    whole: bool = False

    @property
    def suffix(self) -> str:
        return f"-{self.width}-{self.scheme}"


@dataclass(frozen=True, slots=True)
class Shot:
    """A view: its address, what to do there first, and the height in pixels that shows it (0: the window's)."""

    name: str
    address: str
    act: Act = _nothing
    height: int = 0


DOCUMENTATION = Look(1400, 1000, "light")
ALL = (
    Look(1400, 900, "light", whole=True),
    Look(1400, 900, "dark", whole=True),
    Look(390, 844, "light", whole=True),
    Look(390, 844, "dark", whole=True),
)


def tab(name: str) -> Act:
    """Open a tab of the page."""
    return lambda page: page.get_by_role("tab", name=name, exact=True).click()


def _turn_the_boundary(page: Page) -> None:
    """Choose data that the champion would fail on: the preview then says so."""
    slider = page.get_by_role("slider", name="Boundary angle")
    slider.focus()
    slider.press("End")


def _show_the_promotion(page: Page) -> None:
    """The newest decision is a dull one: choose the last that changed something."""
    decision = page.get_by_role("combobox", name="Decision")
    decision.scroll_into_view_if_needed()  # a list closes when the page scrolls, and a click on a phone's page scrolls
    decision.click()
    page.get_by_role("option", name=re.compile("^Promoted")).first.click()


def _run_sql(page: Page) -> None:
    tab("SQL")(page)
    page.get_by_text("Means per class").click()
    page.get_by_role("button", name="Run", exact=True).click()


def _start_the_camera(page: Page) -> None:
    """The film that tools/pictures.py gives Chromium for a camera; the throw stands under the picture."""
    video = page.frame_locator('iframe[title="streamlit_webrtc.component.webrtc_streamer"]')
    video.get_by_role("button", name="Start camera").click()
    page.get_by_role("heading", name=re.compile("^(Rock|Paper|Scissors)")).wait_for(timeout=60_000)


_ACTS: dict[str, Act] = {
    "datasets": _turn_the_boundary,
    "train": _show_the_promotion,
    "live": _start_the_camera,
}
_HEIGHTS = {"train": 1480}


def _live_tab(name: str) -> Act:
    def act(page: Page) -> None:
        _start_the_camera(page)
        tab(name)(page)

    return act


def _choose_hands(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name="Hands").click()


SHOTS = tuple(
    Shot(
        entry.url_path,
        "" if entry is PAGES[0] else entry.url_path,
        _ACTS.get(entry.url_path, _nothing),
        _HEIGHTS.get(entry.url_path, 0),
    )
    for entry in PAGES
)
"""One picture per page."""


def more_shots() -> list[Shot]:
    """Tabs and detail views; asks the running product for what to open."""
    first, second = (version.run_id for version in registry.versions("linear", limit=2))
    flows = {run.name: run for run in flow_control.recent_runs(["COMPLETED", "FAILED"], limit=50)}
    failed = next((run.id for run in flows.values() if run.state_type == "FAILED"), "")
    longest = max(flows.values(), key=lambda run: run.seconds).id
    return [
        Shot("datasets-hands", "datasets", tab("Hands")),
        Shot("live-capture", "live", _live_tab("Capture")),
        Shot("predict-hands", "predict", _choose_hands),
        Shot("train-hands", "train", _choose_hands),
        Shot("datasets-sql", "datasets", _run_sql),
        Shot("predict-file", "predict", tab("CSV file")),
        Shot("runs-versions", "runs", tab("Versions")),
        Shot("runs-one", f"runs?run={first}"),
        Shot("runs-compared", f"runs?compare={first},{second}"),
        Shot("flows-run", f"flows?run={longest}"),
        *([Shot("flows-failed", f"flows?run={failed}")] if failed else []),
        *(
            Shot(f"admin-{name.split()[0].lower()}", "admin", tab(name))
            for name in ("API tokens", "Notifications", "Settings", "Audit log")
        ),
    ]
