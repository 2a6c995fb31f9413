"""The box editor in a real browser: keys, mouse, finger, two people at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.auth.roles import SYSTEM, Actor, Role
from core.catalog.image_tables import Image
from core.images import FLAGGED, UNSURE, WEBCAM, store
from core.labelling import review, review_queue
from core.vision.boxes import NewBox
from tests.e2e.insisting import until_visible
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.people import make_user
from tests.pictures_of_hands import HANDS
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]

BOB = Actor("bob", Role.EDITOR)


def picture(grey: int, *boxes: NewBox, priority: int = 0) -> Image:
    pixels = np.full((240, 320, 3), grey, np.uint8)
    return store.add(SYSTEM, pixels, HANDS, source=WEBCAM, session="s", boxes=boxes, priority=priority)


def box(label: str = "rock", x: float = 0.5) -> NewBox:
    return NewBox(label, x, 0.5, 0.2, 0.4, "model", 0.6)


@pytest.fixture
def editor_page(workbench: Workbench, page: Page) -> Iterator[Page]:
    """The Label page of an editor; whatever the browser's console complains about fails the test."""
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    make_user("ada", Role.EDITOR)
    page.goto(f"{workbench.url}/label")
    log_in(page, "ada")
    yield page
    assert failed == []


def expect_picture(page: Page, image: Image, boxes: int) -> None:
    expect(page.locator(".stage img")).to_have_attribute(
        "alt", f"Image {image.id}" + ("", " with 1 box", " with 2 boxes")[boxes]
    )
    expect(page.locator(".stage")).to_have_attribute("aria-busy", "false")
    # What Streamlit still draws above would move the picture under the mouse.
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_text(f"Image {image.id}", exact=False).last).to_be_visible()


def saved(image: Image, state: str) -> Image:
    """The picture once the catalog has it in ``state``."""

    def there() -> Image | None:
        found = store.get(image.id)
        return found if found is not None and found.state == state else None

    return wait_until(there, what=f"picture {image.id} {state}")


def test_by_keyboard_alone(editor_page: Page) -> None:
    page, press = editor_page, editor_page.keyboard.press
    first = picture(60, box(), box("paper", 0.2), priority=FLAGGED)
    second, third, last = picture(90, box(), priority=UNSURE), picture(120, box()), picture(150)
    page.reload()
    expect_picture(page, first, 2)
    # The page comes up with the focus on the picture and the first box chosen: a class key is all it takes.
    expect(page.locator(".stage")).to_be_focused()
    press("3")
    press("Tab")
    press("Tab")
    expect(page.locator(".box").nth(1)).to_be_focused()
    press("r")  # Streamlit itself would rerun the page at an r
    for _ in range(4):
        press("ArrowRight")
    for _ in range(2):
        press("Shift+ArrowDown")
    expect(page.locator(".box").nth(1)).to_have_attribute(
        "aria-label", "Box 2 of 2: rock, you, left 12 %, top 30 %, width 20 %, height 41 %"
    )
    press("Shift+Tab")
    expect(page.locator(".box").nth(0)).to_be_focused()
    press("Delete")
    expect(page.locator(".box")).to_have_count(1)
    press("z")
    expect(page.locator(".box")).to_have_count(2)
    press("Enter")

    expect_picture(page, second, 1)
    assert [(one.label, round(one.x, 3), one.provenance) for one in saved(first, "labelled").boxes] == [
        ("scissors", 0.5, "human"),
        ("rock", 0.22, "human"),
    ]
    expect(page.locator(".stage")).to_be_focused()
    press("n")
    expect_picture(page, third, 1)
    press("x")
    expect_picture(page, last, 0)
    saved(third, "rejected")
    press("z")
    expect_picture(page, third, 1)
    saved(third, "proposed")
    press("Enter")
    expect_picture(page, last, 0)
    assert saved(third, "labelled").boxes[0].provenance == "model"
    press("b")
    press("p")
    press("Enter")
    expect(page.get_by_text("skipped all images in the queue (1)")).to_be_visible()
    assert [(one.label, one.width) for one in saved(last, "labelled").boxes] == [("paper", pytest.approx(0.4))]
    page.get_by_role("button", name="Show skipped images again").click()
    expect_picture(page, second, 1)
    page.locator(".stage").focus()
    press("Delete")
    expect(page.get_by_role("button", name="Accept as negative (no object)")).to_be_enabled()


def drag(page: Page, stage: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between two places, given in shares of the picture."""
    frame = stage.bounding_box()
    assert frame is not None
    x, to_x = (frame["x"] + place[0] * frame["width"] for place in (start, end))
    y, to_y = (frame["y"] + place[1] * frame["height"] for place in (start, end))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, (y + to_y) / 2)
    page.mouse.move(to_x, to_y)
    page.mouse.up()


def test_by_mouse(editor_page: Page) -> None:
    page = editor_page
    first, second = picture(60, box(), priority=UNSURE), picture(90)
    sure = [picture(grey, NewBox("rock", 0.5, 0.5, 0.2, 0.4, "model", 0.9)) for grey in (120, 130)]
    page.reload()
    expect_picture(page, first, 1)
    stage = page.locator(".stage")
    drag(page, stage, (0.5, 0.5), (0.4, 0.4))  # move: 0.3 … 0.5, 0.2 … 0.6
    drag(page, stage, (0.5, 0.6), (0.6, 0.8))  # resize at the corner: 0.3 … 0.6, 0.2 … 0.8
    page.get_by_role("button", name="scissors").click()
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_text("Your boxes are not saved")).to_be_visible()
    drag(page, stage, (0.9, 0.9), (0.7, 0.1))  # draw
    expect(page.locator(".box")).to_have_count(2)
    drag(page, stage, (0.9, 0.95), (0.9, 0.951))  # a click beside everything is no box
    expect(page.locator(".box.selected")).to_have_count(0)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect_picture(page, second, 0)
    places = [
        (one.label, *(round(value, 2) for value in (one.x, one.y, one.width, one.height)))
        for one in saved(first, "labelled").boxes
    ]
    assert places == [("scissors", 0.45, 0.5, 0.3, 0.6), ("scissors", 0.8, 0.5, 0.2, 0.8)]

    # A choice among the reasons outlives the counts on it.
    page.get_by_role("radio", name="Proposed 2").click()
    expect_picture(page, sure[0], 1)
    page.get_by_role("button", name="Accept", exact=True).click()
    expect_picture(page, sure[1], 1)
    expect(page.get_by_role("radio", name="Proposed 1")).to_be_checked()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect_picture(page, sure[0], 1)

    page.get_by_role("button", name="Accept all").click()
    page.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(page.get_by_text("No image matches")).to_be_visible()
    for one in sure:
        assert saved(one, "labelled").boxes[0].provenance == "model"
    page.get_by_role("button", name="Undo the last step").click()
    for one in sure:
        saved(one, "proposed")


def test_with_a_finger_on_a_telephone(workbench: Workbench, browser: Browser) -> None:
    make_user("ada", Role.EDITOR)
    image = picture(60)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{workbench.url}/label")
    log_in(page, "ada")
    expect_picture(page, image, 0)
    assert page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0
    stage = page.locator(".stage")
    stage.scroll_into_view_if_needed()
    frame = stage.bounding_box()
    assert frame is not None
    fingers = context.new_cdp_session(page)

    def touch(kind: str, x: float, y: float) -> None:
        points = [{"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"]}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

    for kind, x, y in (("touchStart", 0.2, 0.2), ("touchMove", 0.4, 0.4), ("touchMove", 0.6, 0.7), ("touchEnd", 0, 0)):
        touch(kind, x, y)
    expect(page.locator(".box.selected")).to_have_count(1)
    until_visible(page.get_by_role("button", name="paper").tap, page.locator(".box .tag", has_text="paper"))
    page.get_by_role("button", name="Accept", exact=True).tap()
    (drawn,) = saved(image, "labelled").boxes
    assert (drawn.label, drawn.x, drawn.y) == ("paper", pytest.approx(0.4, abs=0.02), pytest.approx(0.45, abs=0.02))
    context.close()


def test_the_second_of_two_people_is_told_and_keeps_what_they_drew(editor_page: Page, workbench: Workbench) -> None:
    page = editor_page
    image = picture(60, box())
    page.reload()
    expect_picture(page, image, 1)
    page.keyboard.press("2")
    review.set_boxes(BOB, image.id, [])
    page.keyboard.press("Enter")
    expect(page.get_by_text("bob reviewed this image at")).to_be_visible()
    found = store.get(image.id)
    assert found is not None
    assert (found.reviewed_by, found.boxes) == ("bob", [])
    # The message comes before the editor that it is about: one that still says "Saving…" takes no key.
    expect_picture(page, image, 0)
    expect(page.locator(".box .tag")).to_have_text("paper · you")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The review queue is empty")).to_be_visible()
    found = store.get(image.id)
    assert found is not None
    assert (found.reviewed_by, [one.label for one in found.boxes]) == ("ada", ["paper"])


def test_a_viewer_looks_and_changes_nothing(workbench: Workbench, page: Page) -> None:
    make_user("eve", Role.VIEWER)
    image, other = picture(60, box(), priority=UNSURE), picture(90)
    page.goto(f"{workbench.url}/label")
    log_in(page, "eve")
    expect_picture(page, image, 1)
    for name in ("Accept", "Reject", "New box"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
    for key in ("2", "Delete", "b", "Enter", "x"):
        page.keyboard.press(key)
    expect(page.locator(".box .tag")).to_have_text("rock · model 60 %")
    page.keyboard.press("n")
    expect_picture(page, other, 0)
    assert review_queue.waiting_counts("rps")["unsure"] == 1
