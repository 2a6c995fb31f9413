"""Logging in and out as a person does it."""

from playwright.sync_api import Locator, Page, expect

from core.auth.session import COOKIE_NAME
from tests.people import PASSWORD


def username_field(page: Page) -> Locator:
    """The login form's own: for a moment the page that was left may still show another "Username"."""
    return page.locator("input[autocomplete=username]")


def fill_login(page: Page, username: str, password: str = PASSWORD) -> None:
    """Type into the login form and send it; what happens then is the test's to expect."""
    username_field(page).fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Log in and wait until the browser keeps the cookie."""
    fill_login(page, username, password)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.wait_for_function(f"document.cookie.includes('{COOKIE_NAME}=ey')")


def expect_login_form(page: Page) -> None:
    expect(username_field(page)).to_be_visible()
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)
