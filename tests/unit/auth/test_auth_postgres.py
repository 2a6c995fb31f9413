"""People, throttle and tokens on PostgreSQL, where several writers really work at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.auth import tokens, users
from core.auth.roles import SYSTEM, Role
from core.auth.throttle import LoginThrottledError, begin
from core.auth.users import LastAdminError, LoginFailedError
from core.catalog import engine, migrate
from core.catalog.tables import User
from core.config.settings import Settings, get_settings
from tests.people import PASSWORD, make_user

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def catalog_on_postgres(settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", postgres_url)
    get_settings.cache_clear()
    migrate.upgrade()
    yield
    migrate.downgrade("base")


def test_login_and_throttle() -> None:
    make_user("ada")
    assert users.authenticate("ada", PASSWORD, "local").last_login_at is not None
    for _ in range(get_settings().login_max_failures):
        with pytest.raises(LoginFailedError):
            users.authenticate("ada", "wrong-password", "local")
    with pytest.raises(LoginThrottledError):
        users.authenticate("ada", PASSWORD, "local")


def test_a_volley_at_the_same_moment_cannot_slip_through() -> None:
    def attempt(_: int) -> bool:
        try:
            begin("ada", "local")
        except LoginThrottledError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == get_settings().login_max_failures


def test_two_admins_cannot_remove_each_other_at_once() -> None:
    for name in ("ada", "bob"):
        make_user(name)

    def demote(name: str) -> bool:
        try:
            users.set_role(SYSTEM, name, Role.VIEWER)
        except LastAdminError:
            return False
        return True

    with ThreadPoolExecutor(1) as pool:
        with engine.writing() as session:  # ada's demotion, halted just before its end
            ada = session.get_one(User, "ada")
            users._keep_an_admin(session, ada)
            ada.role = Role.VIEWER.value
            session.flush()
            bob = pool.submit(demote, "bob")
            with pytest.raises(TimeoutError):
                bob.result(timeout=0.5)
        assert bob.result(timeout=10) is False
    assert users.get_user("bob").role is Role.ADMIN


def test_tokens() -> None:
    admin = make_user("ada")
    secret, token = tokens.create_token(admin, "notebook", ["predict"], 1)
    verifier = tokens.TokenVerifier()
    assert verifier.verify(secret, "predict").id == token.id
    verifier.close()
    assert tokens.list_tokens()[0].last_used_at is not None
