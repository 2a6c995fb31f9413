"""People for tests: made through the real services."""

from core.auth.roles import SYSTEM, Actor, Role
from core.auth.users import add_user

PASSWORD = "quiet-otter-lantern"


def make_user(username: str = "ada", role: Role = Role.ADMIN, password: str = PASSWORD) -> Actor:
    """A user in the catalog of this test, and the actor to call services with."""
    return add_user(SYSTEM, username, username.title(), role, password).actor
