from collections.abc import Callable
from datetime import timedelta

import pytest

from core.auth import audit, users
from core.auth.passwords import PasswordRefusedError
from core.auth.roles import SYSTEM, Actor, ForbiddenError, Role
from core.auth.users import LastAdminError, LoginFailedError, UnknownUserError, UserError, authenticate
from core.catalog.engine import reading
from core.catalog.tables import AuditEvent, User
from tests.people import PASSWORD, make_user

OTHER = "another-fine-day"


def actions() -> list[str]:
    return [event.action for event in audit.latest()]


def test_a_new_user_can_log_in() -> None:
    make_user("ada", Role.EDITOR)
    account = authenticate(" Ada ", PASSWORD, "local")
    assert (account.username, account.role) == ("ada", Role.EDITOR)
    assert account.last_login_at is not None
    assert actions() == ["user.login", "user.add"]


def test_the_password_is_stored_hashed_only() -> None:
    make_user("ada")
    with reading() as session:
        stored = session.get_one(User, "ada")
        assert stored.password_hash.startswith("$2b$")
        assert PASSWORD not in repr(vars(stored))
        assert PASSWORD not in repr([vars(event) for event in session.query(AuditEvent)])
    assert not hasattr(users.get_user("ada"), "password_hash")


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong-password"), ("nobody", PASSWORD), ("", "")])
def test_wrong_and_unknown_get_the_same_message(username: str, password: str) -> None:
    make_user("ada")
    with pytest.raises(LoginFailedError, match=r"^Wrong username or password\. Check both and try again\.$"):
        authenticate(username, password, "local")


def test_a_failed_login_is_noted_but_an_unknown_name_is_not_written_down() -> None:
    make_user("ada")
    for name in ("ada", "my-secret-typed-in-the-wrong-field"):
        with pytest.raises(LoginFailedError):
            authenticate(name, "wrong-password", "10.0.0.9")
    noted = audit.latest(action="user.login-failed")
    assert [(event.subject, event.details) for event in noted] == [("ada", {"source": "10.0.0.9"})]


def test_a_disabled_user_is_out_and_comes_back_when_enabled() -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    users.set_disabled(admin, "bob", True)
    with pytest.raises(LoginFailedError):
        authenticate("bob", PASSWORD, "local")
    users.set_disabled(admin, "bob", False)
    assert authenticate("bob", PASSWORD, "local").username == "bob"
    assert {"user.disable", "user.enable"} <= set(actions())


@pytest.mark.parametrize("username", ["", "two words", "a" * 65, "-dash", "système", "system", "a/b"])
def test_unusable_usernames_are_refused(username: str) -> None:
    with pytest.raises(UserError, match="Usernames are"):
        users.add_user(SYSTEM, username, "x", Role.VIEWER, PASSWORD)


def test_a_username_exists_once_whatever_its_case() -> None:
    make_user("ada")
    with pytest.raises(UserError, match="already"):
        make_user("ADA")
    assert users.count_users() == 1


def test_a_refused_password_makes_no_user() -> None:
    with pytest.raises(PasswordRefusedError):
        make_user("ada", password="password")
    assert users.list_users() == []
    assert actions() == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_admins_manage_people(role: Role) -> None:
    make_user("ada")
    somebody = make_user("bob", role)
    for attempt in (
        lambda: users.add_user(somebody, "eve", "Eve", Role.ADMIN, PASSWORD),
        lambda: users.set_role(somebody, "bob", Role.ADMIN),
        lambda: users.set_disabled(somebody, "ada", True),
        lambda: users.set_password(somebody, "ada", OTHER),
        lambda: users.end_sessions(somebody, "ada"),
    ):
        with pytest.raises(ForbiddenError):
            attempt()
    assert [account.username for account in users.list_users()] == ["ada", "bob"]


def test_everybody_may_change_their_own_password_knowing_the_old_one() -> None:
    bob = make_user("bob", Role.VIEWER)
    with pytest.raises(LoginFailedError):
        users.change_own_password(bob, "not-the-old-one", OTHER, "local")
    users.change_own_password(bob, PASSWORD, OTHER, "local")
    assert authenticate("bob", OTHER, "local")
    with pytest.raises(LoginFailedError):
        authenticate("bob", PASSWORD, "local")


def change_password(admin: Actor) -> None:
    users.set_password(admin, "bob", OTHER)


def change_role(admin: Actor) -> None:
    users.set_role(admin, "bob", Role.EDITOR)


def disable(admin: Actor) -> None:
    users.set_disabled(admin, "bob", True)


def log_out(admin: Actor) -> None:
    users.end_sessions(admin, "bob")


@pytest.mark.parametrize("change", [change_password, change_role, disable, log_out])
def test_these_changes_end_the_sessions(change: Callable[[Actor], None]) -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    before = users.get_user("bob").sessions_valid_from
    change(admin)
    after = users.get_user("bob").sessions_valid_from
    assert after > before
    assert after.utcoffset() == timedelta(0)


def test_the_last_enabled_admin_stays() -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    for attempt in (
        lambda: users.set_role(admin, "ada", Role.VIEWER),
        lambda: users.set_disabled(admin, "ada", True),
    ):
        with pytest.raises(LastAdminError, match="last admin"):
            attempt()
    users.set_role(admin, "bob", Role.ADMIN)
    users.set_disabled(admin, "ada", True)
    with pytest.raises(LastAdminError):
        users.set_role(SYSTEM, "bob", Role.EDITOR)
    assert users.get_user("bob").role is Role.ADMIN


def test_unknown_users_are_named() -> None:
    with pytest.raises(UnknownUserError, match="nobody"):
        users.set_role(SYSTEM, "nobody", Role.EDITOR)
    assert users.get_user("nobody") is None


def test_roles_are_read_from_the_catalog_each_time() -> None:
    admin = make_user("ada")
    make_user("bob", Role.VIEWER)
    users.set_role(admin, "bob", Role.EDITOR)
    assert users.get_user("bob").actor == Actor("bob", Role.EDITOR)


def test_a_new_account_is_returned_as_it_is_stored() -> None:
    made = users.add_user(SYSTEM, "ada", "", Role.VIEWER, PASSWORD)
    assert made.created_at is not None and made == users.get_user("ada")
    assert (made.name, made.disabled, made.last_login_at) == ("ada", False, None)
