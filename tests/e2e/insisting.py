"""Clicks that count: what is clicked while Streamlit still builds the page may be lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.waiting import wait_until


def until_visible(act: Callable[[], object], wanted: Locator) -> None:
    """Act, and again as long as ``wanted`` does not come; for what does no harm when it is done twice."""

    def seen() -> bool:
        act()
        try:
            wanted.wait_for(state="visible", timeout=5_000)
        except PlaywrightTimeoutError:
            return False
        return True

    wait_until(seen, timeout=60, what=f"{wanted} to be seen")


def settled(page: Page, sign: Locator, timeout: float | None = None) -> None:
    """Wait for ``sign`` of what was asked for, and then for the end of the run that draws it: until then what it has
    drawn moves, and a press goes to where a button was. ``timeout`` (ms) instead of the usual one, for each."""
    expect(sign).to_be_visible(timeout=timeout)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=timeout)


def submit_by_enter(field: Locator, button: Locator) -> None:
    """Press Enter in a form's ``field`` once its ``button`` is drawn: a form without one takes no Enter."""
    expect(button).to_be_visible()
    field.press("Enter")
