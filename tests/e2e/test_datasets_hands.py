"""The Hands tab in a real browser: a photo goes in, is looked at and deleted; a zip file says what it holds."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from core.auth.roles import SYSTEM, Role
from core.config.settings import Settings
from core.images import WEBCAM, store
from tests.e2e.insisting import settled
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.people import make_user
from tests.pictures_of_hands import HANDS, box, file_bytes, picture
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.yaml", "names: [Rock, Spock]")
        archive.writestr("images/a.jpg", file_bytes(picture(7)))
        archive.writestr("labels/a.txt", "0 .5 .5 .2 .2")
    return buffer.getvalue()


def test_photos_gallery_and_zip(workbench: Workbench, page: Page, settings: Settings) -> None:
    kept = store.add(SYSTEM, picture(1, 320, 240), HANDS, source=WEBCAM, session="s", boxes=[box("rock")])
    make_user("ada", Role.EDITOR)
    page.goto(f"{workbench.url}/datasets")
    log_in(page, "ada")
    page.get_by_role("tab", name="Hands").click()
    expect(page.get_by_alt_text(f"Image {kept.id}: rock")).to_be_visible()

    page.get_by_role("tab", name="Photos").click()
    page.locator("[class*=st-key-images_photos_] input[type=file]").set_input_files(
        [
            {"name": "wall.png", "mimeType": "image/png", "buffer": file_bytes(picture(2), "PNG")},
            {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
        ]
    )
    page.get_by_role("button", name="Add photos").click()
    expect(page.get_by_text("broken.jpg: This is not an image")).to_be_visible()
    # While the gallery is drawn anew, the old one is there too.
    settled(page, page.get_by_alt_text(f"Image {kept.id + 1}: no label"))
    page.get_by_text(f"Select {kept.id}", exact=True).click()
    page.get_by_role("button", name="Delete 1 image").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_role("button", name="Delete").click()
    wait_until(lambda: store.get(kept.id) is None, timeout=30, what="the picture to be deleted")
    expect(page.get_by_alt_text(f"Image {kept.id}: rock")).to_have_count(0)

    page.get_by_role("tab", name="Import").click()
    page.locator("[class*=st-key-images_zip_] input[type=file]").set_input_files(
        {"name": "set.zip", "mimeType": "application/zip", "buffer": a_zip()}
    )
    expect(page.get_by_role("button", name="Import 1 image")).to_be_visible()
    expect(page.get_by_role("combobox", name="Rock")).to_have_value("rock")
    expect(page.get_by_role("combobox", name="Spock")).to_have_value("skip these images")
    page.get_by_role("button", name="Choose another file").click()
    expect(page.get_by_text("A zip file as exported by Roboflow")).to_be_visible()
    assert list(settings.uploads_dir.iterdir()) == []
