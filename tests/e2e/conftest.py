"""A real browser and a real workbench, for whoever needs them."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from core.config.settings import Settings
from tests.e2e.workbench import Workbench, running_workbench

# A cold server on a busy machine needs its seconds; a page that is right never waits this long.
expect.set_options(timeout=30_000)

_CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium when there is one, else the one that ``playwright install chromium`` fetched."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    chosen = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **chosen, "args": _CHROMIUM_ARGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1400, "height": 900}}


@pytest.fixture
def workbench(settings: Settings) -> Iterator[Workbench]:
    """A cold workbench over this test's own data folder: call the services to prepare its catalog."""
    with running_workbench(settings.data_dir) as bench:
        yield bench
