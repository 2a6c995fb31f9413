"""A marker of the timeline opens its evidence, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.auth.roles import Role
from tests.e2e.insisting import settled, until_visible
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.people import make_user
from tests.reporting_story import tell_story

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_a_click_on_a_marker_shows_why(mlflow_store: Path, workbench: Workbench, page: Page) -> None:
    tell_story()
    make_user("vic", Role.VIEWER)
    page.goto(f"{workbench.url}/train")
    log_in(page, "vic")
    chart = page.locator(".st-key-timeline_linear")
    settled(page, chart)
    chart.scroll_into_view_if_needed()
    # The last trace are the markers below the threshold, the last of them is the promotion's.
    marker = chart.locator(".scatterlayer .points path").last
    evidence = page.locator(".st-key-timeline_evidence")
    until_visible(lambda: _press(page, marker), evidence)
    expect(evidence).to_contain_text("Only the challenger was right on")
    evidence.get_by_text("Show the data behind it").click()
    expect(evidence).to_contain_text("Distributions")


def _press(page: Page, marker: Locator) -> None:
    """At its place: the picture's own layer takes the click."""
    box = marker.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
