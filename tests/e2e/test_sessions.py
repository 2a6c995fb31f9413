"""Logging in, staying in and getting out, in a real browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from core.auth import users
from core.auth.roles import Role
from core.auth.session import COOKIE_NAME
from core.config.settings import Settings
from core.ui.shell.navigation import PAGES
from tests.e2e.insisting import submit_by_enter
from tests.e2e.signing import expect_login_form, fill_login, log_in, username_field
from tests.e2e.workbench import Workbench
from tests.people import PASSWORD, make_user

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def session_cookie(context: BrowserContext) -> dict[str, object]:
    return next(cookie for cookie in context.cookies() if cookie["name"] == COOKIE_NAME)


def test_a_deep_link_on_a_cold_server_leads_through_the_login_to_its_page(workbench: Workbench, page: Page) -> None:
    make_user("ada")
    page.goto(f"{workbench.url}/admin")
    expect_login_form(page)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    log_in(page, "ada")
    heading(page, "Admin")
    assert page.url == f"{workbench.url}/admin"
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_count(len(PAGES))


def test_refresh_and_new_tab_stay_logged_in(workbench: Workbench, page: Page, context: BrowserContext) -> None:
    make_user("ada")
    page.goto(workbench.url)
    log_in(page, "ada")
    heading(page, "Overview")
    page.reload()
    heading(page, "Overview")
    tab = context.new_page()
    tab.goto(f"{workbench.url}/runs")
    heading(tab, "Runs")
    assert tab.url == f"{workbench.url}/runs"


def test_the_cookie_is_strict_and_short_lived(
    workbench: Workbench, page: Page, context: BrowserContext, settings: Settings
) -> None:
    make_user("ada")
    page.goto(workbench.url)
    log_in(page, "ada")
    cookie = session_cookie(context)
    assert cookie["sameSite"] == "Strict"
    now = page.evaluate("Date.now() / 1000")
    assert cookie["expires"] == pytest.approx(now + settings.session_hours * 3600, abs=120)
    assert (settings.run_dir / "cookie.key").stat().st_mode & 0o077 == 0


def test_logging_out_in_one_tab_ends_the_other_and_kills_the_cookie(
    workbench: Workbench, page: Page, context: BrowserContext
) -> None:
    make_user("ada")
    page.goto(f"{workbench.url}/runs")
    log_in(page, "ada")
    heading(page, "Runs")
    stolen = session_cookie(context)["value"]
    tab = context.new_page()
    tab.goto(f"{workbench.url}/flows")
    heading(tab, "Flows")

    tab.get_by_role("button", name="Log out").click()
    expect_login_form(tab)
    tab.wait_for_function(f"!document.cookie.includes('{COOKIE_NAME}=ey')")
    expect(username_field(page)).to_be_visible()  # by itself, nobody touched it

    context.add_cookies([{"name": COOKIE_NAME, "value": str(stolen), "url": workbench.url}])
    tab.goto(f"{workbench.url}/flows")
    expect_login_form(tab)
    log_in(tab, "ada")
    heading(tab, "Flows")


def test_a_role_that_is_lowered_meanwhile_counts_at_the_next_click(workbench: Workbench, page: Page) -> None:
    admin = make_user("ada")
    make_user("bob")
    page.goto(workbench.url)
    log_in(page, "bob")
    users.set_role(admin, "bob", Role.VIEWER)
    try:
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Admin").click(timeout=8_000)
    except PlaywrightTimeoutError:
        expect_login_form(page)  # on a slow machine the tab notices by itself before the click arrives
        page.goto(f"{workbench.url}/admin")
    expect_login_form(page)
    log_in(page, "bob")
    expect(page.get_by_text("Requires the admin role")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Admin")).to_have_count(0)


def test_wrong_passwords_are_told_and_then_throttled(workbench: Workbench, page: Page, settings: Settings) -> None:
    make_user("ada")
    page.goto(workbench.url)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Enter both your username and your password.")).to_be_visible()
    for _ in range(settings.login_max_failures):
        fill_login(page, "ada", "wrong-password")
        expect(page.get_by_text("Wrong username or password.")).to_be_visible()
        page.reload()
    fill_login(page, "ada", PASSWORD)
    expect(page.get_by_text(re.compile(r"Too many failed logins\. Try again in \d minutes\."))).to_be_visible()
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)


def test_changing_the_password_keeps_this_tab_and_ends_the_others(
    workbench: Workbench, page: Page, context: BrowserContext
) -> None:
    make_user("ada")
    page.goto(f"{workbench.url}/runs")
    log_in(page, "ada")
    # Another browser: a second tab of this one shares its cookie, the new one too once it connects again.
    assert context.browser is not None
    tab = context.browser.new_context().new_page()
    tab.goto(f"{workbench.url}/flows")
    log_in(tab, "ada")
    heading(tab, "Flows")
    old = session_cookie(context)["value"]
    page.get_by_role("button", name="Password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another-fine-day")
    again = page.get_by_label("Repeat new password")
    again.fill("another-fine-day")
    submit_by_enter(again, page.get_by_role("button", name="Change password"))
    expect(page.get_by_text("Password changed.")).to_be_visible()
    heading(page, "Runs")
    tab.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview").click()
    expect_login_form(tab)
    # The message comes before the new cookie; a page that is reloaded in between has the old one, which is dead.
    page.wait_for_function(f"document.cookie.includes('{COOKIE_NAME}=ey') && !document.cookie.includes('{old}')")
    page.reload()
    heading(page, "Runs")
