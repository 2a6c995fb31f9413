"""Live in a real Chromium with a camera that plays a film: boxes, two models, two people, trouble.

The hands are coloured squares, and the model is a real graph that knows them: what is proved here is the way from
the camera to the page, not how good a model is. Capture, game and mistakes are in ``test_hands_journey``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from core.auth.roles import Role
from core.config.settings import Settings
from core.live.model_cache import STARTER
from core.vision import drawing
from tests.colour_model import promote_colour_model
from tests.e2e.conftest import _CHROMIUM_ARGS
from tests.e2e.fake_camera import arguments, squares, write_film
from tests.e2e.insisting import until_visible
from tests.e2e.live_page import LivePage
from tests.e2e.workbench import Workbench, running_workbench
from tests.people import make_user
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture(scope="module")
def watching_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera shows a moving red square: rock."""
    film = write_film(tmp_path_factory.mktemp("camera") / "rock.mjpeg", squares("rock"))
    launched = browser_type.launch(**{**browser_type_launch_args, "args": [*_CHROMIUM_ARGS, *arguments(film)]})  # type: ignore[arg-type]
    yield launched
    launched.close()


@pytest.fixture
def tab(watching_browser: Browser) -> Iterator[Page]:
    context = watching_browser.new_context(viewport={"width": 1400, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def bench(mlflow_store: Path, settings: Settings) -> Iterator[Workbench]:
    """A workbench whose champion knows coloured squares."""
    promote_colour_model()
    make_user("eve", Role.EDITOR)
    make_user("vic", Role.VIEWER)
    with running_workbench(settings.data_dir) as made:
        yield made


def test_boxes_and_a_promotion_in_one_stream_with_the_old_model_beside(bench: Workbench, tab: Page) -> None:
    live = LivePage(tab, bench, "eve")
    live.start()
    live.sees_boxes()
    live.sees("Rock")
    live.sees("results per second")
    live.sees("model v1")

    before = live.clock()
    promote_colour_model(wider=16)
    live.sees("model v2", timeout_s=30)
    assert live.clock() > before  # the same connection: a new one begins at zero
    live.sees_boxes()

    live.tab("Options")
    other = tab.get_by_role("option", name="Previous (v1)")
    until_visible(tab.get_by_role("combobox", name="Compare with").click, other)
    other.click()
    live.sees_boxes(drawing.RIVAL)
    assert live.clock() > before

    live.stop()


def test_two_people_watch_and_a_lost_camera_is_told(bench: Workbench, tab: Page, watching_browser: Browser) -> None:
    tab.add_init_script(_KEEP_TRACKS)
    live = LivePage(tab, bench, "eve")
    live.start()
    live.sees_boxes()
    other_context = watching_browser.new_context()
    other = LivePage(other_context.new_page(), bench, "vic")
    other.start()
    other.sees_boxes()
    other_context.close()  # as when a tab is closed: the first one goes on
    before = live.clock()
    wait_until(lambda: live.clock() > before + 1, what="the first one's picture to go on")

    live.frame.locator("video").evaluate("() => window.kept.forEach((track) => track.stop())")  # unplugged
    live.sees("The camera no longer sends video")
    live.reset()
    live.start()
    assert live.clock() < before + 1  # a new connection
    live.sees_boxes()
    live.sees("model v1")
    live.stop()


_KEEP_TRACKS = """
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
window.kept = [];
if (ask) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  window.kept.push(...stream.getTracks());
  return stream;
};
"""

_REFUSE = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("told by the test", window.reason ?? "NotAllowedError");
};
"""


def _unfold(page: Page) -> None:
    until_visible(page.get_by_text("No video?").click, page.get_by_role("button", name="Test the camera"))


def _test_camera(page: Page, reason: str = "") -> None:
    if reason:
        page.evaluate(f"window.reason = '{reason}'")
    page.get_by_role("button", name="Test the camera").click()


def test_the_camera_test_says_why_and_what_to_do(bench: Workbench, browser: Browser, tab: Page) -> None:
    live = LivePage(tab, bench, "vic")
    _unfold(tab)
    _test_camera(tab)
    live.sees("The camera works: ")

    refusing = _context_without_camera(browser)
    page = refusing.new_page()
    page.add_init_script(_REFUSE)
    live = LivePage(page, bench, "vic")
    _unfold(page)
    for reason, words in (
        ("NotAllowedError", "blocks the camera"),
        ("NotFoundError", "finds no camera"),
        ("NotReadableError", "in use by another program"),
        ("StrangeError", "StrangeError: told by the test"),
    ):
        _test_camera(page, reason)
        live.sees(words)
    refusing.close()


def _context_without_camera(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 390, "height": 844})


def test_over_plain_http_from_elsewhere_the_camera_test_names_the_cause(bench: Workbench, browser: Browser) -> None:
    context = _context_without_camera(browser)
    page = context.new_page()
    # What Chromium says of itself on http://server.example: such a page is no secure context.
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {get: () => false})")
    live = LivePage(page, bench, "vic")
    _unfold(page)
    _test_camera(page)
    live.sees("secure pages only")
    live.sees("http://localhost on the machine it runs on, or over https")
    wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    context.close()


def test_without_a_trained_model_the_starter_serves(settings: Settings, tab: Page) -> None:
    make_user("vic", Role.VIEWER)
    with running_workbench(settings.data_dir) as bench:
        live = LivePage(tab, bench, "vic")
        live.start()
        live.sees(f"model {STARTER}")
        live.sees("results per second")
        live.stop()
