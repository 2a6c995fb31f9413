"""What feedback says about a champion: its accuracy on labelled predictions, and whether that fell.

Each request counts once, by the label that most people gave it; where as many say one thing as another, it does not
count. Of each person the first labels of a day count, up to a limit, so that nobody outweighs all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import func, select

from core.catalog.engine import reading
from core.catalog.feedback_tables import Feedback
from core.catalog.tables import Decision, Evaluation
from core.config.settings import get_settings
from core.loop.confidence_sequence import Fall, Intervals, Outcomes, confidence_sequence, fall
from core.loop.decisions import KEPT, PROMOTED, REJECTED, ROLLED_BACK
from core.loop.policy import Policy
from core.models.registry import Version

ACCURACY = "accuracy"
"""The metric that labels of single predictions can be compared with."""

ALPHA = 0.05
"""Error probability of the interval that is shown."""

MOST = 100_000
"""Of more labels of a version the newest count."""


class Given(NamedTuple):
    """One label: for which request, by whom, what was predicted, what was right, and when both were said."""

    request: int
    person: str
    answer: str
    label: str
    predicted_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonFeedback:
    """The labels of one person: how many, how many agree with the prediction, how many contradict most others, and how
    many are beyond what a person may weigh."""

    person: str
    labels: int
    agreeing: int
    contradicting: int
    beyond: int


@dataclass(frozen=True, slots=True)
class FeedbackSummary:
    """``outcomes``: whether each prediction was right, in the order of its first label. ``disputed`` predictions, about
    which as many say one thing as another, are not among them."""

    outcomes: Outcomes
    disputed: int
    people: tuple[PersonFeedback, ...]

    def accuracy(self) -> Intervals:
        """The running accuracy with its confidence sequence."""
        return confidence_sequence(self.outcomes, ALPHA)


def labels(workload: str, version: int) -> list[Given]:
    """The labels of a version, in the order in which they were given first."""
    columns = (getattr(Feedback, name) for name in Given._fields)
    query = select(*columns).where(Feedback.workload == workload, Feedback.version == version)
    with reading() as session:
        found = session.execute(query.order_by(Feedback.id.desc()).limit(MOST)).all()
    return [Given(*row) for row in reversed(found)]


def newest(workload: str, version: int) -> tuple[int, int, datetime] | None:
    """What changes with every label of a version: how many there are, the last one's id and time; None without any."""
    of_these = (Feedback.workload == workload, Feedback.version == version)
    with reading() as session:
        number, last, at = session.execute(
            select(func.count(), func.max(Feedback.id), func.max(Feedback.at)).where(*of_these)
        ).one()
    return (number, last, at) if number else None


def summarise(given: Iterable[Given], daily: int | None = None) -> FeedbackSummary:
    """``daily``: how many labels of a person count per day; by default the setting's."""
    limit = get_settings().feedback_person_daily if daily is None else daily
    days: Counter[Any] = Counter()
    votes: dict[int, list[Given]] = defaultdict(list)
    all_of: dict[str, list[Given]] = defaultdict(list)
    beyond: Counter[str] = Counter()
    for one in given:
        all_of[one.person].append(one)
        days[day := (one.person, one.at.date())] += 1
        if days[day] > limit:
            beyond[one.person] += 1
        else:
            votes[one.request].append(one)
    truth = {request: _majority(some) for request, some in votes.items()}
    right = [truth[request] == some[0].answer for request, some in votes.items() if truth[request] is not None]
    people = (
        PersonFeedback(
            person,
            len(theirs),
            sum(one.label == one.answer for one in theirs),
            sum((known := truth.get(one.request)) is not None and known != one.label for one in theirs),
            beyond[person],
        )
        for person, theirs in all_of.items()
    )
    ordered = tuple(sorted(people, key=lambda one: -one.labels))
    return FeedbackSummary(np.array(right, np.bool_), len(truth) - len(right), ordered)


def _majority(votes: list[Given]) -> str | None:
    """The label that most gave; None when two are equally frequent."""
    first, *others = Counter(one.label for one in votes).most_common(2)
    return None if others and others[0][1] == first[1] else first[0]


def promotion_day(workload: str, version: int) -> Evaluation | None:
    """How the champion did when it was promoted last, where that was an accuracy."""
    mine = (Evaluation.workload == workload, Evaluation.version == version, Evaluation.metric == ACCURACY)
    promoted = _last(workload, version, "challenger", (PROMOTED, ROLLED_BACK))
    with reading() as session:
        found = session.scalars(select(Evaluation).where(*mine).order_by(Evaluation.id)).all()
    before = [one for one in found if promoted is None or one.at <= promoted.at]
    return before[-1] if before and promoted is not None else next(iter(found), None)


def alarm(champion: Version, policy: Policy) -> Fall | None:
    """Whether the champion's accuracy on feedback fell below that of promotion day, or None.

    What no challenger could do better, when the last one was rejected, is the new normal.
    """
    reference = promotion_day(champion.workload, champion.version)
    if reference is None:
        return None
    given, before = labels(champion.workload, champion.version), reference.ci_low
    if not given:
        return None
    rejected = _last(champion.workload, champion.version, "champion", (REJECTED,))
    if rejected is not None:
        earlier = [one for one in given if one.predicted_at <= rejected.at]
        given = [one for one in given if one.predicted_at > rejected.at]
        before = min([before, *summarise(earlier).accuracy().low[-1:]])
    return fall(summarise(given).outcomes, float(before), policy.alarm_min_loss, policy.alarm_alpha)


def reopens(known: Decision, champion: Version, policy: Policy) -> bool:
    """Whether feedback that came after this decision asks for a training that it did not consider."""
    if known.kind == KEPT and (known.details or {}).get("feedback"):
        return False
    # What a promotion considered was feedback about the champion before.
    return known.kind in (KEPT, PROMOTED) and alarm(champion, policy) is not None


def _last(workload: str, version: int, role: str, kinds: tuple[str, ...]) -> Decision | None:
    """The newest decision of these kinds in which the version was the ``champion`` or the ``challenger``."""
    column = Decision.champion_version if role == "champion" else Decision.challenger_version
    query = select(Decision).where(Decision.workload == workload, Decision.kind.in_(kinds), column == version)
    with reading() as session:
        return session.scalar(query.order_by(Decision.id.desc()).limit(1))
