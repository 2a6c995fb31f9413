"""Roles, and the permission check that every service function makes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """``viewer`` can view, predict and play; ``editor`` can also create data and train; ``admin`` can also
    promote, roll back, pin, and manage users and tokens."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class ForbiddenError(PermissionError):
    """The actor's role does not allow this."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs an action: a user, a token or the system itself."""

    username: str
    role: Role


SYSTEM = Actor("system", Role.ADMIN)
"""The actor of scheduled flows and of the command line."""


def require(actor: Actor, role: Role) -> None:
    """Raise :class:`ForbiddenError` unless ``actor`` has at least ``role``."""
    if actor.role.rank < role.rank:
        raise ForbiddenError(
            f"Requires the {role.value} role; {actor.username} has the {actor.role.value} role. "
            "An admin can change it under Admin → Users."
        )
