"""The Live page as somebody in front of it uses it."""

from __future__ import annotations

import re

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import FrameLocator, Page, expect

from core import images
from core.catalog.image_tables import Image
from core.images import queries
from core.labelling import review_queue
from core.vision import drawing
from tests.e2e.insisting import settled, until_visible
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.waiting import wait_until

KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.connections.push(this);
  }
};
"""
"""For ``add_init_script``: :meth:`LivePage.connections` needs it."""

# Draws what comes back and counts the pixels of about one colour (red, green, blue).
_COUNT = """(video, [red, green, blue]) => {
  if (!video.videoWidth) return 0;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    count += Math.max(Math.abs(data[at] - red), Math.abs(data[at + 1] - green), Math.abs(data[at + 2] - blue)) < 40;
  return count;
}"""


def captured() -> list[Image]:
    """Everything that was recorded so far."""
    return queries.listed(queries.Filters(source=images.WEBCAM), 1000)


_PLAYER = 'iframe[title="streamlit_webrtc.component.webrtc_streamer"]'


class LivePage:
    """A tab with the page open."""

    def __init__(self, page: Page, bench: Workbench, username: str) -> None:
        self.page = page
        page.goto(f"{bench.url}/live")
        log_in(page, username)
        expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator(_PLAYER)

    def start(self) -> None:
        """Switch the camera on and wait for the first picture that comes back."""
        self.frame.get_by_role("button", name="Start camera").click()
        wait_until(lambda: self.clock() > 0, timeout=60, what="the first picture")

    def reset(self) -> None:
        """A new player in place of one that brings no picture; both are there until the page is drawn."""
        self.page.get_by_role("button", name="Reset").click()
        settled(self.page, self.page.get_by_text("Nothing is stored unless you press"))
        expect(self.page.locator(_PLAYER)).to_have_count(1)

    def stop(self) -> None:
        self.frame.get_by_role("button", name="Stop camera").click()
        expect(self.frame.get_by_role("button", name="Start camera")).to_be_visible()

    def clock(self) -> float:
        """Seconds of video that this tab has seen of the present connection."""
        video = self.frame.locator("video")
        try:
            return float(video.evaluate("video => video.currentTime", timeout=2_000)) if video.count() else 0.0
        except BrowserError:  # it went away between the two looks
            return 0.0

    def pixels(self, colour: drawing.Colour = drawing.MAIN) -> int:
        """How many pixels of the returned picture have about this colour (blue-green-red)."""
        count: int = self.frame.locator("video").evaluate(_COUNT, list(reversed(colour)))
        return count

    def sees_boxes(self, colour: drawing.Colour = drawing.MAIN) -> None:
        wait_until(lambda: self.pixels(colour) > 500, timeout=90, what="a box in the picture that comes back")

    def sees(self, text: str | re.Pattern[str], timeout_s: float = 60) -> None:
        expect(self.page.get_by_test_id("stMain").get_by_text(text).first).to_be_visible(timeout=1000 * timeout_s)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()
        settled(self.page, self.page.get_by_role("tab", name=name, selected=True))

    def connections(self) -> list[str]:
        """The state of each connection that this tab has ever made for its video."""
        found = self.frame.locator("video").evaluate("() => window.connections.map((one) => one.connectionState)")
        return [str(state) for state in found]

    def play_to_the_end(self, throw: str) -> None:
        """By keyboard: ``p`` starts the game, and again when it had to wait."""
        self.tab("Play")
        running = self.page.get_by_role("button", name="Give up")
        until_visible(lambda: self.page.keyboard.press("p"), running)
        ended = self.page.get_by_role("button", name=re.compile("Play again|Go on"))

        def over() -> bool:
            expect(ended).to_be_visible(timeout=120_000)
            if "Continue" not in ended.inner_text():
                return True
            ended.click()
            expect(running).to_be_visible()
            return False

        wait_until(over, timeout=180, what="the end of the game")
        main = self.page.get_by_test_id("stMain")
        expect(main.get_by_text(re.compile("You win the game|The machine wins the game"))).to_be_visible()
        expect(main.get_by_text(re.compile("against .* commitment")).nth(2)).to_be_visible()
        expect(main.get_by_text(re.compile(f"{throw} against .* commitment")).first).to_be_visible()

    def freeze(self, said: str) -> None:
        """Freeze a frame on which the model said just that; another one when it said something else of this one."""
        question = self.page.get_by_text("What does it show?")
        expect(question).to_have_count(0)

        def frozen() -> bool:
            self._press("Report a mistake")
            expect(question).to_be_visible()
            picture = self.page.get_by_test_id("stImage").locator("img")
            expect(picture).to_have_js_property("complete", True)  # it pushes the buttons down
            if self.page.get_by_test_id("stImageCaption").inner_text().endswith(f" predicted {said}."):
                return True
            self._press("Cancel")
            expect(question).to_have_count(0)
            return False

        wait_until(frozen, timeout=120, what=f"a frame on which the model says {said}")

    def _press(self, name: str) -> None:
        """Press a button that goes with what it does. Until then the page is not what it will be."""
        button = self.page.get_by_role("button", name=name)
        button.click()
        expect(button).to_have_count(0)

    def flag(self, said: str, right: str) -> Image:
        """Say that the model was wrong to say ``said`` and what it was; the picture that waits now."""
        self.tab("Correct")
        flagged = queries.Filters(source=images.LIVE)
        self.freeze(said)
        assert queries.count(flagged) == 0  # frozen, not stored
        self.page.get_by_role("button", name=right, exact=True).click()
        self.sees("Thank you.")
        (image,) = review_queue.queue("rps")
        assert (image.source, image.created_by) == (images.LIVE, "eve")
        assert review_queue.reason_of(image) == review_queue.FLAGGED
        assert [box.label for box in image.boxes] == [right.lower()]
        return image

    def choose(self, throw: str) -> None:
        """What the next recording shows."""
        self.page.get_by_test_id("stMain").get_by_role("radio", name=throw.capitalize()).click()
        expect(self.page.get_by_role("button", name=f"Hold to record {throw}")).to_be_enabled()

    def hold(self, throw: str, pictures: int, *, by_mouse: bool) -> None:
        """Hold the button, or the space bar, until this recording has stored that many pictures."""
        button = self.page.get_by_role("button", name=f"Hold to record {throw}")
        earlier = {row.hold for row in captured()}

        def stored() -> bool:
            return sum(row.hold not in earlier for row in captured()) >= pictures

        if by_mouse:
            button.hover()
            self.page.mouse.down()
        else:
            button.focus()
            self.page.keyboard.down("Space")
        wait_until(stored, timeout=60, what=f"{pictures} captured pictures")
        self.page.mouse.up() if by_mouse else self.page.keyboard.up("Space")
        expect(button).to_have_attribute("aria-pressed", "false")
        self.sees(re.compile(rf"\d+ images? of {throw}"))
