"""Feedback: the true label of a prediction, given minutes or weeks later by who asked for it.

One label per request and person. The same label twice changes nothing, another one of the same person replaces the
first, and those of different persons are kept beside each other. Viewers may not give any: the champion is judged by
it. :mod:`core.loop.feedback` says what follows from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.auth.roles import SYSTEM, Actor, Role, require
from core.auth.users import get_user
from core.catalog.engine import reading, writing
from core.catalog.feedback_tables import Feedback
from core.catalog.tables import Base, utcnow
from core.config.messages import say
from core.config.settings import get_settings
from core.predictions.request_ids import Request

_TABLE = Base.metadata.tables[Feedback.__tablename__]
_CHUNK = 2_000
_DAY_S = 86_400.0


class FeedbackError(ValueError):
    """The label is not taken; the message says why."""


class ForeignRequestError(FeedbackError):
    """Another account asked for the prediction."""


class ExpiredRequestError(FeedbackError):
    """The prediction is too old."""


class UnknownLabelError(FeedbackError):
    """The label is not one that the model can answer."""


class RoleMissingError(FeedbackError):
    """The account behind a token may not give feedback."""


@dataclass(frozen=True, slots=True)
class Giver:
    """``person`` gives feedback, for what ``account`` asked: a user is both, a token belongs to who created it."""

    person: str
    account: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many labels are new, replaced another of the same person, or were known already."""

    stored: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.stored + other.stored, self.replaced + other.replaced, self.unchanged + other.unchanged)


def require_giver(giver: Giver) -> None:
    """Raise :class:`RoleMissingError` unless the account may give feedback today: editors, admins and the system."""
    if giver.account == SYSTEM.username:
        return
    account = get_user(giver.account)
    if account is None or account.disabled or account.role.rank < Role.EDITOR.rank:
        raise RoleMissingError(say("feedback.role", account=giver.account))


def check(giver: Giver, request: Request, label: str, classes: Sequence[str], account_of: Callable[[str], str]) -> None:
    """Raise a :class:`FeedbackError` unless ``giver`` may label ``request`` so.

    ``classes`` are the labels that the workload knows; of an image nothing (``""``) may be said to be on it.
    ``account_of`` gives the account of the person that asked.
    """
    if giver.person != request.owner and account_of(request.owner) != giver.account:
        raise ForeignRequestError(say("feedback.foreign"))
    days = get_settings().feedback_days
    if request.at < time.time() - days * _DAY_S:
        raise ExpiredRequestError(say("feedback.expired", days=round(days)))
    if label not in classes and label != request.answer and (label or request.features):
        raise UnknownLabelError(say("feedback.label", classes=list(classes), label=label[:50]))


def give_own(actor: Actor, request: Request, label: str, classes: Sequence[str]) -> Counts:
    """A user labels a prediction of their own. Raises ``ForbiddenError``, :class:`FeedbackError`."""
    require(actor, Role.EDITOR)
    giver = Giver(actor.username, actor.username)
    check(giver, request, label, classes, str)
    return give(giver, [(request, label)])


def withdraw(actor: Actor, request: Request) -> None:
    """Delete the user's own label of a prediction, if there is one. Raises ``ForbiddenError``."""
    require(actor, Role.EDITOR)
    with writing() as session:
        session.execute(delete(Feedback).where(Feedback.request == request.number, Feedback.person == actor.username))


def label_of(person: str, request: Request) -> str | None:
    """The label that a person gave to a request; None when there is none."""
    with reading() as session:
        return session.scalar(
            select(Feedback.label).where(Feedback.request == request.number, Feedback.person == person)
        )


def give(giver: Giver, labelled: Iterable[tuple[Request, str]]) -> Counts:
    """Store labels that were checked; of several for one request the last one counts.

    In transactions of two thousand, so that many at once keep nobody else from writing for long.
    """
    newest = list({request.number: (request, label) for request, label in labelled}.values())
    counts = Counts()
    for start in range(0, len(newest), _CHUNK):
        with writing() as session:
            counts += _store(session, giver.person, newest[start : start + _CHUNK])
    _prune()
    return counts


def _store(session: Session, person: str, labelled: Sequence[tuple[Request, str]]) -> Counts:
    numbers = [request.number for request, _ in labelled]
    query = select(Feedback.request, Feedback.label).where(Feedback.person == person, Feedback.request.in_(numbers))
    known = dict(session.execute(query).tuples().all())
    changed = [(request, label) for request, label in labelled if known.get(request.number) != label]
    if changed:
        # PostgreSQL and SQLite speak alike here, but SQLAlchemy asks which it is.
        insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        made = insert(_TABLE)
        replaced = {"label": made.excluded.label, "at": made.excluded.at}
        session.execute(
            made.on_conflict_do_update(index_elements=["request", "person"], set_=replaced),
            [_row(person, request, label) for request, label in changed],
        )
    again = sum(request.number in known for request, _ in changed)
    return Counts(len(changed) - again, again, len(labelled) - len(changed))


def _row(person: str, request: Request, label: str) -> dict[str, Any]:
    return {
        "request": request.number,
        "person": person,
        "workload": request.workload,
        "version": request.version,
        "predicted_at": datetime.fromtimestamp(request.at, UTC),
        "answer": request.answer,
        "label": label,
        "features": list(request.features),
        "at": utcnow(),
    }


def _prune() -> None:
    """Delete the oldest labels beyond the maximum, so that the table stops growing."""
    beyond = select(Feedback.id).order_by(Feedback.id.desc()).offset(get_settings().feedback_keep).limit(1)
    with reading() as session:
        newest_beyond = session.scalar(beyond)
    if newest_beyond is not None:
        with writing() as session:
            session.execute(delete(Feedback).where(Feedback.id <= newest_beyond))
