import os
import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import jwt
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.auth import users
from core.auth.roles import Role
from core.auth.session_cookie import SessionCookie, cookie_key, issue, sign, verify
from core.config.settings import Settings
from tests.people import make_user

SHARED_FOLDER = hypothesis_settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def test_a_ticket_survives_the_cookie() -> None:
    ticket = issue("ada")
    opened = verify(sign(ticket))
    assert opened is not None
    assert opened.username == "ada"
    # A ticket issued right after a logout must not look older than the logout: no rounding to seconds.
    assert opened.issued_at == pytest.approx(ticket.issued_at, abs=1e-6)
    assert opened.expires_at == pytest.approx(ticket.expires_at, abs=1e-6)


def test_it_lasts_as_long_as_the_setting_says(settings: Settings) -> None:
    ticket = issue("ada")
    assert ticket.expires_at - ticket.issued_at == pytest.approx(settings.session_hours * 3600)


@SHARED_FOLDER
@given(st.text(max_size=200))
def test_no_text_opens_or_throws(text: str) -> None:
    assert verify(text) is None


@SHARED_FOLDER
@given(st.integers(0, 10_000), st.sampled_from("ABab01-_."))
def test_no_changed_letter_goes_unnoticed(where: int, letter: str) -> None:
    sealed = sign(SessionCookie("ada", time.time(), time.time() + 60))
    place = where % (len(sealed) - 1)  # not the last one: it carries spare bits of base64
    assume(sealed[place] != letter)
    assert verify(sealed[:place] + letter + sealed[place + 1 :]) is None


@SHARED_FOLDER
@given(
    st.dictionaries(
        st.sampled_from(["sub", "iat", "exp", "username", "exp_date"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers())),
    )
)
def test_odd_claims_under_our_own_key_do_not_throw(claims: dict[str, object]) -> None:
    opened = verify(jwt.encode(claims, cookie_key(), algorithm="HS256"))
    assert opened is None or isinstance(opened, SessionCookie)


def test_whom_a_ticket_admits() -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    ticket = issue("bob")
    assert ticket.valid_for(users.get_user("bob"))
    assert not ticket.valid_for(users.get_user("ada"))
    assert not ticket.valid_for(None)
    assert not replace(ticket, expires_at=time.time() - 1).valid_for(users.get_user("bob"))
    users.set_disabled(admin, "bob", True)
    assert not issue("bob").valid_for(users.get_user("bob"))
    users.set_disabled(admin, "bob", False)
    assert not ticket.valid_for(users.get_user("bob")), "an old ticket came back to life"
    assert issue("bob").valid_for(users.get_user("bob"))


def test_the_key_is_made_once_and_stays(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: cookie_key(), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in settings.run_dir.iterdir()] == ["cookie.key"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_the_key_is_its_owners_only_whatever_the_umask(settings: Settings) -> None:
    before = os.umask(0)
    try:
        cookie_key()
    finally:
        os.umask(before)
    assert stat.S_IMODE((settings.run_dir / "cookie.key").stat().st_mode) == 0o600


def test_a_new_key_ends_all_cookies(settings: Settings) -> None:
    sealed = sign(issue("ada"))
    (settings.run_dir / "cookie.key").unlink()
    assert verify(sealed) is None


def test_a_key_that_cannot_be_read_is_replaced_by_one_that_stays(settings: Settings) -> None:
    """A new key at each call would log everybody out at each click."""
    (settings.run_dir / "cookie.key").mkdir()
    sealed = sign(issue("ada"))
    assert verify(sealed) is not None
    assert cookie_key() == cookie_key()
    (settings.run_dir / "cookie.key").rmdir()
    assert verify(sealed) is not None, "the same key is saved"
    assert (settings.run_dir / "cookie.key").read_bytes() == cookie_key()
