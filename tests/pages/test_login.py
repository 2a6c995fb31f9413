import ast
import sqlite3
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.auth import users
from core.auth.roles import Role
from core.auth.session import COOKIE_NAME
from core.auth.session_cookie import issue, sign, verify
from core.catalog import engine
from core.catalog.migrate import downgrade
from core.config.settings import ROOT, Settings
from core.ui.shell.navigation import PAGES, Entry
from tests.pages.opening import open_page, texts
from tests.pages.video import Video
from tests.people import PASSWORD, make_user

EVERY_PAGE = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.url_path)


def submit(app: AppTest, username: str, password: str) -> AppTest:
    app.text_input[0].input(username)
    app.text_input[1].input(password)
    return app.button[0].click().run()


def is_login_form(app: AppTest) -> bool:
    return [field.label for field in app.text_input] == ["Username", "Password"]


@EVERY_PAGE
def test_signed_out_every_page_is_the_login_form(entry: Entry) -> None:
    app = open_page(entry.path)
    assert is_login_form(app)
    assert [title.value for title in app.title] == ["Shifumi"]


@EVERY_PAGE
def test_a_page_file_run_directly_guards_itself(entry: Entry) -> None:
    make_user("ada")
    app = AppTest.from_file(ROOT / "pages" / entry.path, default_timeout=90).run()
    assert is_login_form(app)
    assert [title.value for title in app.title] == ["Shifumi"]


@EVERY_PAGE
def test_the_guard_is_the_first_line_and_asks_for_the_role_of_the_navigation(entry: Entry) -> None:
    tree = ast.parse((ROOT / "pages" / entry.path).read_text(encoding="utf-8"))
    lines = [
        node
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    called = ast.unparse(lines[0])
    assert called.endswith(f"guard(Role.{entry.role.name})"), called


@EVERY_PAGE
@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_exactly_its_pages(entry: Entry, role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.live.stream.webrtc_streamer", Video())  # AppTest has no server to connect to
    make_user("ada")
    app = open_page(entry.path, make_user("bob", role))
    allowed = role.rank >= entry.role.rank
    assert not app.exception
    assert (f"Requires the {entry.role.value} role" in texts(app)) is not allowed
    assert bool(app.title) is allowed


def test_logging_in_shows_the_page() -> None:
    make_user("ada")
    app = submit(open_page(), "ada", PASSWORD)
    assert not is_login_form(app)
    assert "Overview" in [title.value for title in app.title]
    assert not app.exception


@pytest.mark.parametrize(
    ("username", "password", "message"),
    [
        ("", "", "Enter both"),
        ("ada", "", "Enter both"),
        ("ada", "wrong-password", "Wrong username or password"),
        ("nobody", PASSWORD, "Wrong username or password"),
        ("ada", "x" * 5000, "Wrong username or password"),
        ("'; DROP TABLE users; --", "x", "Wrong username or password"),
    ],
)
def test_a_refused_login_says_why(username: str, password: str, message: str) -> None:
    make_user("ada")
    app = submit(open_page(), username, password)
    assert message in app.error[0].value
    assert is_login_form(app)
    assert not app.exception


def test_a_throttled_login_says_how_long(settings: Settings) -> None:
    make_user("ada")
    app = open_page()
    for _ in range(settings.login_max_failures):
        submit(app, "ada", "wrong-password")
    submit(app, "ada", PASSWORD)
    assert "Try again in 5 minutes." in app.error[0].value


def test_logging_out_forgets_what_the_pages_kept() -> None:
    app = open_page(actor=make_user("ada"))
    app.session_state["somebody's upload"] = "private"
    app.run()
    app.button(key="btn_logout").click().run()
    assert is_login_form(app)
    assert "somebody's upload" not in app.session_state


def test_a_revoked_tab_ends_at_its_next_rerun() -> None:
    admin = make_user("ada")
    bob = make_user("bob", Role.VIEWER)
    app = open_page(actor=bob)
    assert not is_login_form(app)
    users.set_disabled(admin, "bob", True)
    assert is_login_form(app.run())


def test_an_open_tab_expires_like_its_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(actor=make_user("ada"))
    assert not is_login_form(app)
    end = app.session_state["_shifumi_ticket"].expires_at
    monkeypatch.setattr("core.auth.session_cookie.time", SimpleNamespace(time=lambda: end + 1))
    assert is_login_form(app.run())


def test_a_new_tab_goes_on_with_the_cookie_until_the_sessions_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no browser that would send one; tests/e2e/test_sessions.py does it with a real one."""
    ada, sealed = make_user("ada"), sign(issue("ada"))
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {COOKIE_NAME: sealed, "other": "x"})
    app = open_page()
    assert not is_login_form(app)
    assert app.session_state["_shifumi_ticket"] == verify(sealed)
    users.end_sessions(ada, "ada")
    assert is_login_form(app.run()), "the tab that was open"
    assert is_login_form(open_page()), "another one with the same cookie"


def test_a_catalog_without_tables_is_explained_not_thrown() -> None:
    make_user("ada")
    engine.get_engine().dispose()
    downgrade("base")
    app = submit(open_page(), "ada", PASSWORD)
    assert "manage.py migrate" in app.error[0].value
    assert not app.exception


def test_a_locked_catalog_is_explained_not_thrown(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = make_user("ada")
    app = open_page(actor=actor)
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_MS", 50)
    engine.get_engine().dispose()
    blocker = sqlite3.connect(engine.get_engine().url.database or "")
    blocker.execute("PRAGMA journal_mode=DELETE")
    blocker.execute("BEGIN EXCLUSIVE")
    try:
        app.run()
    finally:
        blocker.rollback()
        blocker.close()
    assert "locked by another process" in app.error[0].value
    assert not app.exception
    assert "Overview" in [title.value for title in app.run().title]


def test_the_name_is_shown_as_typed() -> None:
    users.add_user(make_user("ada"), "eve", "**Eve** [x](http://evil) :red[y]", Role.VIEWER, PASSWORD)
    app = open_page(actor=users.get_user("eve").actor)
    shown = next(item.value for item in app.sidebar.markdown if "Eve" in item.value)
    assert "\\[x\\]\\(http" in shown
    assert "\\*\\*Eve" in shown
