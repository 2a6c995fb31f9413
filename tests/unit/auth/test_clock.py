"""A clock that was a day ahead, and was set right: nobody is locked out, and no ended session comes back."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.auth import session_cookie, throttle, users
from core.auth.roles import Actor, Role
from core.auth.session_cookie import SessionCookie, issue, sign, verify
from core.auth.throttle import LoginThrottledError
from core.auth.users import LoginFailedError
from core.config.settings import Settings
from tests.people import PASSWORD, make_user

MoveClock = Callable[[timedelta], None]
ADA = Actor("ada", Role.VIEWER)
DAY = timedelta(days=1)


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> MoveClock:
    """Sets the clock that cookies, accounts and the throttle read to the real time plus a difference."""
    real = time.time

    def move(by: timedelta) -> None:
        ahead = by.total_seconds()
        monkeypatch.setattr(session_cookie.time, "time", lambda: real() + ahead)
        for module in (users, throttle):
            monkeypatch.setattr(module, "utcnow", lambda: datetime.fromtimestamp(real() + ahead, UTC))

    return move


def logged_in() -> SessionCookie:
    account = users.authenticate("ada", PASSWORD, "local")
    return issue(account.username, account.sessions_valid_from)


def works(ticket: SessionCookie) -> bool:
    """As it is checked in the tab, and after a reload from the browser's cookie."""
    account, reloaded = users.get_user("ada"), verify(sign(ticket))
    tab, reload = ticket.valid_for(account), reloaded is not None and reloaded.valid_for(account)
    assert tab is reload
    return tab


def test_a_logout_from_tomorrow_locks_nobody_out(move_clock: MoveClock) -> None:
    make_user("ada")
    move_clock(DAY)
    tomorrows = logged_in()
    assert works(tomorrows)
    users.end_sessions(ADA, "ada")
    move_clock(timedelta())
    todays = logged_in()
    assert works(todays)
    assert not works(tomorrows)
    users.end_sessions(ADA, "ada")
    assert not works(todays), "a logout ends the session also while its date is in the future"
    assert works(logged_in())
    move_clock(DAY + timedelta(minutes=5))
    assert not works(tomorrows), "an ended session stays ended when its time comes"
    assert not works(todays)


@pytest.mark.parametrize("again", [False, True])
def test_a_session_from_tomorrow_that_was_ended_never_comes_back(move_clock: MoveClock, again: bool) -> None:
    """Whether the user logs in between, which replaces the time of the last login, or an admin ends the sessions."""
    make_user("ada")
    move_clock(DAY)
    tomorrows = logged_in()
    move_clock(timedelta())
    if again:
        assert works(logged_in())
    users.end_sessions(ADA, "ada")
    assert not works(tomorrows)
    todays = logged_in()
    assert works(todays)
    move_clock(DAY + timedelta(minutes=5))
    assert not works(tomorrows)
    assert works(logged_in())


def test_a_session_from_tomorrow_lasts_no_longer_than_others(move_clock: MoveClock) -> None:
    make_user("ada")
    move_clock(DAY)
    ticket = logged_in()
    move_clock(timedelta())
    assert not works(ticket)
    assert works(logged_in())


def test_failures_from_tomorrow_count_from_now(settings: Settings, move_clock: MoveClock) -> None:
    make_user("ada")
    move_clock(DAY)
    for _ in range(settings.login_max_failures):
        with pytest.raises(LoginFailedError):
            users.authenticate("ada", "wrong-password", "local")
    move_clock(timedelta())
    with pytest.raises(LoginThrottledError) as caught:
        users.authenticate("ada", PASSWORD, "local")
    assert caught.value.wait_s <= settings.login_window_s
    move_clock(timedelta(seconds=settings.login_window_s + 1))
    assert users.authenticate("ada", PASSWORD, "local").username == "ada"
