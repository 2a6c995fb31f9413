"""Nobody gets past the login form: asked without a browser, as an attacker would."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from core.auth import users
from core.auth.roles import Role
from core.auth.session import COOKIE_NAME
from core.auth.session_cookie import cookie_key, issue, sign
from core.config.settings import ROOT
from core.ui.shell.navigation import PAGES
from tests.e2e.raw_client import visit
from tests.e2e.workbench import Workbench
from tests.people import make_user

pytestmark = pytest.mark.stack

PAGE_FILES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")
KEY = b"k" * 64


def test_every_page_file_is_in_the_navigation() -> None:
    assert {f"{stem}.py" for stem in PAGE_FILES} == {entry.path for entry in PAGES}


@pytest.mark.parametrize(("page", "by_hash"), [*((page, False) for page in PAGE_FILES), ("admin", True)])
def test_a_cold_server_shows_no_page_to_strangers(workbench: Workbench, page: str, by_hash: bool) -> None:
    make_user("secret-person")
    answer = visit(workbench.url, page, by_hash=by_hash)
    assert answer.is_login_form, answer
    assert b"secret-person" not in answer.raw


def test_a_warm_server_shows_no_page_to_strangers(workbench: Workbench) -> None:
    for page in ("", *PAGE_FILES, "nonsense", "../app"):
        assert visit(workbench.url, page).is_login_form, page


def cookies(username: str) -> dict[str, str]:
    """Cookies that must not open anything, though the user exists."""
    now = time.time()
    good = {"sub": username, "iat": now, "exp": now + 3600}
    key = cookie_key()

    def signed(claims: dict[str, object], with_key: bytes = key, algorithm: str = "HS256") -> str:
        return jwt.encode(claims, with_key, algorithm=algorithm)

    head, body, signature = signed(good).split(".")
    return {
        "garbage": "garbage",
        "empty": "",
        "three dots": "a.b.c",
        "another key": signed(good, with_key=KEY),
        "cut signature": f"{head}.{body}.{signature[:-4]}",
        "other body": ".".join([head, signed(good | {"sub": "root"}, with_key=KEY).split(".")[1], signature]),
        "alg none": jwt.encode(good, None, algorithm="none"),
        "another algorithm": signed(good, algorithm="HS512"),
        "expired": signed(good | {"iat": now - 7200, "exp": now - 3600}),
        "from the future": signed(good | {"iat": now + 3600, "exp": now + 7200}),
        "no expiry": signed({"sub": username, "iat": now}),
        "no issue time": signed({"sub": username, "exp": now + 3600}),
        "before the account": signed(good | {"iat": now - 86_400}),
        "unknown user": signed(good | {"sub": "nobody"}),
        "a number for a user": signed(good | {"sub": 7}),
        "a list for a user": signed(good | {"sub": [username]}),
        "no user": signed({"iat": now, "exp": now + 3600}),
        "text for a time": signed(good | {"exp": "tomorrow"}),
        "huge time": signed(good | {"iat": 1e300, "exp": 1e308}),
        "the library's own form": signed({"username": username, "exp_date": now + 3600}),
        "very long": "x" * 6000,
        "not ascii": "é\x80",
    }


def test_bad_cookies_end_at_the_login_form_and_good_ones_do_not(workbench: Workbench) -> None:
    make_user("ada")
    bad = cookies("ada")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda value: visit(workbench.url, "admin", f"{COOKIE_NAME}={value}"), bad.values())
    for name, answer in zip(bad, answers, strict=True):
        assert answer.is_login_form, f"{name}: {answer.kinds} {answer.headings}"
    good = visit(workbench.url, "admin", cookie=f"{COOKIE_NAME}={sign(issue('ada'))}")
    assert "Admin" in good.headings
    assert "Traceback" not in workbench.log


def test_a_cookie_is_dead_after_each_kind_of_revocation(workbench: Workbench) -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)

    def gets_in(cookie: str) -> bool:
        return not visit(workbench.url, "runs", cookie=cookie).is_login_form

    for revoke in (
        lambda: users.end_sessions(admin, "bob"),
        lambda: users.set_role(admin, "bob", Role.EDITOR),
        lambda: users.set_password(admin, "bob", "another-fine-day"),
        lambda: users.set_disabled(admin, "bob", True),
    ):
        cookie = f"{COOKIE_NAME}={sign(issue('bob'))}"
        assert gets_in(cookie)
        revoke()
        assert not gets_in(cookie)
    assert not gets_in(f"{COOKIE_NAME}={sign(issue('bob'))}"), "disabled, yet a fresh ticket opens"


def test_the_role_is_checked_on_the_page(workbench: Workbench) -> None:
    make_user("ada")
    make_user("vic", Role.VIEWER)
    answer = visit(workbench.url, "admin", cookie=f"{COOKIE_NAME}={sign(issue('vic'))}")
    assert "Admin" not in answer.headings
    assert b"Requires the admin role" in answer.raw
