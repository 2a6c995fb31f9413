from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.auth import throttle
from core.auth.throttle import SOURCE_FACTOR, LoginThrottledError, begin, in_words
from core.auth.users import LoginFailedError, authenticate
from core.catalog.engine import reading, writing
from core.catalog.tables import LoginAttempt
from core.config.settings import Settings
from tests.people import PASSWORD, make_user


def fail(times: int, username: str = "ada", source: str = "local") -> None:
    for _ in range(times):
        with pytest.raises(LoginFailedError):
            authenticate(username, "wrong-password", source)


def let_time_pass(seconds: float) -> None:
    """Moves the attempts into the past instead of waiting."""
    with writing() as session:
        for attempt in session.scalars(select(LoginAttempt)):
            attempt.at -= timedelta(seconds=seconds)


def booked() -> int:
    with reading() as session:
        return session.scalar(select(func.count(LoginAttempt.id))) or 0


def test_too_many_failures_shut_even_the_right_password_out(settings: Settings) -> None:
    make_user("ada")
    fail(settings.login_max_failures)
    with pytest.raises(LoginThrottledError, match=r"Try again in 5 minutes\.") as caught:
        authenticate("ada", PASSWORD, "local")
    assert settings.login_window_s - 5 < caught.value.wait_s <= settings.login_window_s


def test_unknown_names_are_throttled_alike(settings: Settings) -> None:
    fail(settings.login_max_failures, username="nobody")
    with pytest.raises(LoginThrottledError):
        authenticate("nobody", PASSWORD, "local")


def test_the_lock_opens_by_itself(settings: Settings) -> None:
    make_user("ada")
    fail(settings.login_max_failures)
    let_time_pass(settings.login_window_s - 30)
    with pytest.raises(LoginThrottledError, match="30 seconds"):
        authenticate("ada", PASSWORD, "local")
    let_time_pass(31)
    assert authenticate("ada", PASSWORD, "local").username == "ada"


def test_hammering_does_not_prolong_the_lock(settings: Settings) -> None:
    make_user("ada")
    fail(settings.login_max_failures)
    for _ in range(20):
        with pytest.raises(LoginThrottledError):
            authenticate("ada", "wrong-password", "local")
    assert booked() == settings.login_max_failures


def test_a_success_forgives_the_failures_before_it(settings: Settings) -> None:
    make_user("ada")
    for _ in range(3):
        fail(settings.login_max_failures - 1)
        assert authenticate("ada", PASSWORD, "local").username == "ada"


def test_a_success_is_kept_as_one() -> None:
    make_user("ada")
    fail(1)
    authenticate("ada", PASSWORD, "local")
    with reading() as session:
        assert list(session.scalars(select(LoginAttempt.succeeded))) == [True]


def test_another_user_is_not_locked_out_with_the_first(settings: Settings) -> None:
    make_user("ada")
    fail(settings.login_max_failures, username="bob")
    assert authenticate("ada", PASSWORD, "local").username == "ada"


def test_a_source_that_tries_many_names_is_throttled(settings: Settings) -> None:
    make_user("ada")
    for number in range(settings.login_max_failures * SOURCE_FACTOR):
        fail(1, username=f"guess{number}", source="10.0.0.9")
    with pytest.raises(LoginThrottledError):
        authenticate("ada", PASSWORD, "10.0.0.9")
    assert authenticate("ada", PASSWORD, "10.0.0.1").username == "ada"


def test_own_successes_do_not_reset_the_source(settings: Settings) -> None:
    make_user("ada")
    for number in range(settings.login_max_failures * SOURCE_FACTOR):
        if number == 10:
            authenticate("ada", PASSWORD, "10.0.0.9")
        fail(1, username=f"guess{number}", source="10.0.0.9")
    with pytest.raises(LoginThrottledError):
        authenticate("ada", PASSWORD, "10.0.0.9")


def test_a_volley_at_the_same_moment_cannot_slip_through(settings: Settings) -> None:
    def attempt(_: int) -> bool:
        try:
            begin("ada", "local")
        except LoginThrottledError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(attempt, range(24)))
    assert passed == settings.login_max_failures


def test_old_attempts_are_purged(settings: Settings) -> None:
    fail(3)
    let_time_pass(settings.login_window_s + 1)
    fail(1, username="bob")
    assert booked() == 1


def test_overlong_names_are_counted_too(settings: Settings) -> None:
    fail(settings.login_max_failures, username="x" * 500)
    with pytest.raises(LoginThrottledError):
        begin("x" * 500, "local")


def test_a_purged_attempt_may_still_succeed() -> None:
    attempt = begin("ada", "local")
    with writing() as session:
        session.execute(update(LoginAttempt).values(id=attempt + 100))
    throttle.succeed(attempt)
    assert begin("ada", "local") != attempt


@given(st.floats(min_value=0.001, max_value=100_000))
def test_waiting_as_long_as_told_is_enough(seconds: float) -> None:
    number, unit = in_words(seconds).split()
    assert int(number) * {"second": 1, "minute": 60}[unit.rstrip("s")] >= seconds
