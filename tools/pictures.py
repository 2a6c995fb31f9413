"""Takes the screenshots of the documentation from a running installation.

    .venv/bin/python -m tools.pictures                     docs/pictures: each page, 1400 px, light
    .venv/bin/python -m tools.pictures --all --out shots   also 390 px, dark and more views, in full length

Starts the whole stack with a scratch folder and free ports, creates some data, takes the screenshots, stops it.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.cli.programs import find_chromium
from core.config.settings import ROOT, Settings
from tools.hands_story import write_film
from tools.scratch_stack import running_stack
from tools.story import tell
from tools.views import ALL, DOCUMENTATION, SHOTS, Look, Shot, more_shots

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
_PATIENCE_MS = 60_000
_TALLEST = 6_000
_MARGIN = 48
_SETTLED = """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"]')"""
_HEIGHT = """() => document.querySelector('[data-testid="stMain"]').scrollHeight"""


def settle(page: Page) -> None:
    """Wait until Streamlit has run the page's script and drawn what came of it."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=_PATIENCE_MS)
    page.wait_for_function(_SETTLED, timeout=_PATIENCE_MS)
    page.evaluate("() => document.fonts.ready.then(() => true)")
    # Charts fade in after the script has ended, and nothing on the page says when they are done.
    page.wait_for_timeout(1_500)
    page.wait_for_function(_SETTLED, timeout=_PATIENCE_MS)


def take(page: Page, look: Look, height: int = 0) -> bytes:
    """The picture of the page as it is, as PNG."""
    if look.whole or height:
        # Streamlit scrolls inside the page, so that "the full page" is the window only: grow the window.
        tall = min(_TALLEST, page.evaluate(_HEIGHT)) if look.whole else height
        page.set_viewport_size({"width": look.width, "height": tall})
        settle(page)
    picture = page.screenshot()
    page.set_viewport_size({"width": look.width, "height": look.height})
    return picture


def trimmed(image: Image.Image) -> Image.Image:
    """Without the empty lower part that all its rows share, but for a margin."""
    rows = np.asarray(image)
    used = np.flatnonzero((rows != rows[-1]).any(axis=(1, 2)))
    height = min(image.height, int(used[-1]) + _MARGIN) if len(used) else image.height
    return image.crop((0, 0, image.width, height))


def save(picture: bytes, target: Path) -> None:
    """Write a PNG with as many colours as fit into :data:`MOST_BYTES`; few pages need more than 256."""
    image = trimmed(Image.open(BytesIO(picture)).convert("RGB"))
    for colours in (256, 128, 64, 32):
        buffer = BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        if buffer.tell() < MOST_BYTES:
            break
    target.write_bytes(buffer.getvalue())
    print(f"  {target.name}  {buffer.tell() / 1000:.0f} KB, {image.width} x {image.height}", flush=True)


@contextmanager
def window(browser: Browser, look: Look) -> Iterator[Page]:
    """A fresh browser window that knows no cookies."""
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def log_in(page: Page, settings: Settings) -> None:
    """Fill the login form as the first admin."""
    assert settings.admin_password is not None  # noqa: S101 - running_stack() set it
    page.get_by_label("Username").fill(settings.admin_username)
    page.get_by_label("Password", exact=True).fill(settings.admin_password.get_secret_value())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible(timeout=_PATIENCE_MS)
    page.wait_for_function("() => document.cookie.includes('shifumi_')")


def photograph(
    browser: Browser, settings: Settings, look: Look, shots: Iterable[Shot], folder: Path, suffix: str = ""
) -> None:
    """All ``shots`` through one window, the login form first."""
    base = f"http://127.0.0.1:{settings.workbench_port}"
    with window(browser, look) as page:
        page.goto(base)
        settle(page)
        save(take(page, look), folder / f"login{suffix}.png")
        log_in(page, settings)
        for shot in shots:
            page.goto(f"{base}/{shot.address}")
            settle(page)
            shot.act(page)
            settle(page)
            save(take(page, look, shot.height), folder / f"{shot.name}{suffix}.png")


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description="Take the documentation's pictures from the running product.")
    parser.add_argument("--all", action="store_true", help="also narrow, dark and further views, in full length")
    parser.add_argument("--out", type=Path, default=PICTURES, help="folder for the pictures (default docs/pictures)")
    parser.add_argument("--only", help="a regular expression: the names of the views to take")
    options = parser.parse_args()
    if options.all and options.out == PICTURES:
        parser.error("--all makes pictures to look at, not to commit: name a folder with --out")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shifumi-pictures-") as folder, running_stack(Path(folder)) as settings:
        print("Everything runs; the story happens ...", flush=True)
        tell()
        shots = [*SHOTS, *(more_shots() if options.all else [])]
        chosen = [shot for shot in shots if re.search(options.only or "", shot.name)]
        with sync_playwright() as playwright:
            found = find_chromium()
            film = write_film(Path(folder) / "camera.mjpeg")
            arguments = [*_ARGUMENTS, *_CAMERA, f"--use-file-for-fake-video-capture={film}"]
            browser = playwright.chromium.launch(executable_path=found, args=arguments)
            for look in ALL if options.all else (DOCUMENTATION,):
                photograph(browser, settings, look, chosen, options.out, look.suffix if options.all else "")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
