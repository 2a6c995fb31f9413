"""The Live page as somebody in front of it uses it."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Page, expect

from core.live import drawing
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.waiting import wait_until

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


class LivePage:
    """A tab with the page open."""

    def __init__(self, page: Page, bench: Workbench, username: str) -> None:
        self.page = page
        page.goto(f"{bench.url}/live")
        log_in(page, username)
        expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator('iframe[title="streamlit_webrtc.component.webrtc_streamer"]')

    def start(self) -> None:
        """Switch the camera on and wait for the first picture that comes back."""
        self.frame.get_by_role("button", name="Start camera").click()
        wait_until(lambda: self.clock() > 0, timeout=60, what="the first picture")

    def stop(self) -> None:
        self.frame.get_by_role("button", name="Stop camera").click()
        expect(self.frame.get_by_role("button", name="Start camera")).to_be_visible()

    def clock(self) -> float:
        """Seconds of video that this tab has seen of the present connection."""
        video = self.frame.locator("video")
        return float(video.evaluate("video => video.currentTime")) if video.count() else 0.0

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
        expect(self.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
