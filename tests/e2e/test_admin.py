"""The dialogs of the Admin page, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from core.auth import tokens, users
from core.auth.roles import Actor, Role
from core.auth.tokens import create_token
from tests.e2e.insisting import settled, until_visible
from tests.e2e.signing import log_in
from tests.e2e.workbench import Workbench
from tests.people import PASSWORD, make_user
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def admin() -> Actor:
    make_user("bob", Role.VIEWER)
    return make_user("ada")


@pytest.fixture
def admin_page(workbench: Workbench, page: Page, admin: Actor) -> Page:
    page.goto(f"{workbench.url}/admin")
    log_in(page, "ada")
    settled(page, page.get_by_role("heading", name="Admin", exact=True))
    return page


def choose_bob(page: Page) -> None:
    page.get_by_text("Change a user").click()
    option = page.get_by_role("option", name="bob")
    until_visible(page.get_by_role("combobox", name="User", exact=True).click, option)
    option.click()
    expect(page.locator(".st-key-changed_role_bob")).to_be_visible()


def test_disable_and_reset_password(admin_page: Page) -> None:
    choose_bob(admin_page)
    admin_page.get_by_role("button", name="Reset password").click()
    admin_page.get_by_role("button", name="Set new password").click()
    password = admin_page.get_by_test_id("stCode").inner_text().strip()
    assert users.authenticate("bob", password, "elsewhere").username == "bob"
    with pytest.raises(users.LoginFailedError):
        users.authenticate("bob", PASSWORD, "elsewhere")

    admin_page.get_by_role("button", name="Disable").click()
    dialog = admin_page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert not users.get_user("bob").disabled
    admin_page.get_by_role("button", name="Disable").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(admin_page.get_by_text("User bob disabled.")).to_be_visible()
    assert users.get_user("bob").disabled


def test_an_open_dialog_dies_with_the_role(admin_page: Page, admin: Actor) -> None:
    choose_bob(admin_page)
    admin_page.get_by_role("button", name="Disable").click()
    disable = admin_page.get_by_role("dialog").get_by_role("button", name="Disable")
    expect(disable).to_be_visible()
    users.set_role(make_user("eve"), "ada", Role.VIEWER)
    disable.click()
    expect(admin_page.get_by_text("You are no longer logged in.")).to_be_visible()
    assert not users.get_user("bob").disabled


def test_revoking_a_token_asks_first(admin_page: Page, admin: Actor) -> None:
    create_token(admin, "notebook", ["predict"], None)
    admin_page.reload()
    admin_page.get_by_role("tab", name="API tokens").click()
    admin_page.get_by_role("button", name="Revoke").click()
    admin_page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(admin_page.get_by_text("Token notebook revoked.")).to_be_visible()
    assert tokens.list_tokens()[0].revoked_at is not None


def _choose(page: Page, name: str) -> None:
    """A click while the page is still being built is lost."""
    tab = page.get_by_role("tab", name=name)

    def chosen() -> bool:
        tab.click()
        return tab.get_attribute("aria-selected") == "true"

    wait_until(chosen, timeout=30, every=0.5, what=f"the tab {name}")


def test_it_fits_a_telephone(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 390, "height": 844})
    for tab in ("Users", "API tokens", "Notifications", "Settings", "Audit log"):
        _choose(admin_page, tab)
        wide = admin_page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{tab} is {wide} px too wide"
