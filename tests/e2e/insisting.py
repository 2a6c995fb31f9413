"""Clicks that count: what is clicked while Streamlit still builds the page may be lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator
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
