"""The evidence report: exported in a real browser, then opened in it, far from the workbench."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.auth.roles import Role
from tests.e2e.insisting import settled, until_visible
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.people import make_user
from tests.reporting_story import tell_story

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def exported(mlflow_store: Path, workbench: Workbench, page: Page, tmp_path: Path) -> dict[str, Path]:
    """Both files, as a viewer downloads them."""
    tell_story()
    make_user("vic", Role.VIEWER)
    page.goto(f"{workbench.url}/train")
    log_in(page, "vic")
    settled(page, page.get_by_role("button", name="Export report"))
    begun = page.get_by_text("Writing the report").or_(page.locator(".st-key-report_pdf button"))
    until_visible(page.get_by_role("button", name="Export report").click, begun.first)
    files = {}
    for kind in ("html", "pdf"):
        button = page.locator(f".st-key-report_{kind} button")
        expect(button).to_be_visible()
        with page.expect_download() as waiting:
            button.click()
        files[kind] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[kind])
    return files


def test_the_files_are_read_without_the_app(exported: dict[str, Path], page: Page) -> None:
    assert exported["pdf"].read_bytes().startswith(b"%PDF-")
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(exported["html"].as_uri())
    assert page.locator("h2").all_inner_texts() == ["Summary", "Data", "Models", "Decisions", "Glossary", "Software"]
    assert [url for url in asked if not url.startswith("data:")] == [exported["html"].as_uri()]
    assert not dialogs
    drawn = "Array.from(document.images).every(image => image.complete && image.naturalWidth > 300)"
    assert page.locator("img").count() >= 1 and page.evaluate(drawn)
    assert "<script>alert('x')</script>" in page.locator("main").inner_text()
    assert page.locator("script").count() == 0
    for width in (1400, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width, "nothing is cut off"
