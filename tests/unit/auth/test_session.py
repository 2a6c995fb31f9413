"""The login session outside of a browser; with one it is in ``tests/pages/test_login.py`` and ``tests/e2e``."""

from __future__ import annotations

from types import SimpleNamespace

import jwt
import pytest

from core.auth import session, ticket, users
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
    assert jwt.get_unverified_header(ticket.seal(ticket.issue("ada")))["alg"] == "HS256"
