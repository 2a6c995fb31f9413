"""The login session outside of a browser; with one it is in ``tests/pages/test_login.py`` and ``tests/e2e``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from core.auth import session, session_cookie, users
from core.auth.session_cookie import SessionCookie, sign
from core.auth.users import LoginFailedError
from tests.people import PASSWORD, make_user


@pytest.mark.parametrize(("address", "source"), [("10.0.0.9", "10.0.0.9"), (None, "local")])
def test_where_a_login_comes_from(address: str | None, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "st", SimpleNamespace(context=SimpleNamespace(ip_address=address)))
    assert session.source() == source


def test_who_is_removed_while_logging_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("ada")
    logged_in: list[tuple[str, str]] = []
    monkeypatch.setattr(session, "_controller", lambda: SimpleNamespace(login=lambda *given: logged_in.append(given)))
    monkeypatch.setattr(users, "get_user", lambda username: None)
    with pytest.raises(LoginFailedError, match="has just been removed"):
        session.log_in("ada", PASSWORD)
    assert logged_in == [("ada", PASSWORD)]


def test_a_change_of_password_needs_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "current_actor", lambda: None)
    with pytest.raises(LoginFailedError, match="no longer logged in"):
        session.change_password(PASSWORD, "another-fine-day")


def test_a_ticket_is_signed_with_the_algorithm_that_is_asked_for() -> None:
    assert jwt.get_unverified_header(session_cookie.sign(session_cookie.issue("ada")))["alg"] == "HS256"


def test_the_signing_key_is_made_where_there_is_no_folder_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = tmp_path / "data" / "run"
    monkeypatch.setattr(session_cookie, "get_settings", lambda: SimpleNamespace(run_dir=run_dir))
    key = session_cookie.cookie_key()
    assert len(key) == 64 and session_cookie.cookie_key() == key
    assert [path.name for path in run_dir.iterdir()] == ["cookie.key"]


class Browser:
    """The library's cookie manager: what is asked of it."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def set(self, *given: Any, **options: Any) -> None:
        self.asked.append(("set", given, options))

    def delete(self, *given: Any, **options: Any) -> None:
        assert session.COOKIE_NAME in self.cookies, "the library fails for a cookie that it does not know"
        self.asked.append(("delete", given, options))


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    made = Browser()

    def model(name: str) -> SimpleNamespace:
        assert name == "shifumi_session"
        return SimpleNamespace(cookie_manager=made)

    monkeypatch.setattr(session, "CookieModel", model)
    return made


def tab(monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], url: str | None) -> dict[str, Any]:
    monkeypatch.setattr(session, "st", SimpleNamespace(session_state=state, context=SimpleNamespace(url=url)))
    return state


@pytest.mark.parametrize(("url", "secure"), [("https://x", True), ("http://x", False), (None, False)])
def test_a_login_is_told_to_the_browser_until_it_has_answered(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, url: str | None, secure: bool
) -> None:
    state = tab(monkeypatch, {}, url)
    session.sync_cookie()
    assert browser.asked == []
    made = SessionCookie("ada", 1_000.0, 4_000_000_000.0)
    session._keep(made)
    session.sync_cookie()
    options = {
        "key": "shifumi_cookie_set",
        "expires_at": datetime.fromtimestamp(4_000_000_000, UTC),
        "secure": secure,
        "same_site": "strict",
    }
    assert browser.asked == [("set", ("shifumi_session", sign(made)), options)]
    session.sync_cookie()
    assert len(browser.asked) == 2, "the element stays until the browser has answered"
    state["shifumi_cookie_set"] = True
    session.sync_cookie()
    session.sync_cookie()
    assert len(browser.asked) == 2


def test_a_logout_takes_the_cookie_away(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = make_user("ada")
    before = users.get_user("ada")
    state = tab(monkeypatch, {"upload": "private"}, None)
    monkeypatch.setattr(session, "current_actor", lambda: actor)
    monkeypatch.setattr(session, "_controller", lambda: SimpleNamespace(logout=lambda: None))
    session.log_out()
    after = users.get_user("ada")
    assert before is not None and after is not None and after.sessions_valid_from > before.sessions_valid_from
    assert "upload" not in state
    session.sync_cookie()
    assert browser.asked == [("delete", ("shifumi_session",), {"key": "shifumi_cookie_delete"})]
