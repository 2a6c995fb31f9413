"""Roles, and the check that every service makes before it acts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """``viewer`` looks, predicts and plays; ``editor`` also makes data and trains; ``admin`` also
    promotes, rolls back and manages people and tokens."""

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
    """Somebody who asks a service to act: a logged-in person, a token or the system itself."""

    username: str
    role: Role


SYSTEM = Actor("system", Role.ADMIN)
"""Scheduled flows and the command line act under this name."""


def require(actor: Actor, role: Role) -> None:
    """Raise :class:`ForbiddenError` unless ``actor`` holds at least ``role``."""
    if actor.role.rank < role.rank:
        raise ForbiddenError(
            f"This needs the role {role.value}; {actor.username} is {actor.role.value}. "
            "An admin can change that under Admin, Users."
        )
