"""Recent activity: decisions, jobs and audited actions in one list, newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from core.auth.roles import Actor, Role
from core.catalog.engine import reading
from core.catalog.tables import AuditEvent, Decision, Job
from core.config.messages import render
from core.jobs import jobs
from core.loop import decisions

_OPEN_TO_ALL = ("dataset.", "flow.", "job.cancel", "model.")
"""Audited actions that viewers may see; logins, users and tokens are for admins only."""

_SHOWN_OTHERWISE = {"job.submit", "model.promote"}
"""Their result, a job or a decision, is in the list already."""

_MAX_ROWS = 4000


@dataclass(frozen=True, slots=True)
class Event:
    """One line. ``kind`` is a decision's kind, ``job.<state>`` or an audited action; ``times`` counts
    equal neighbours that were merged into this one; ``flow_run_id`` is the run behind it."""

    at: datetime
    kind: str
    subject: str
    text: str = ""
    by: str = ""
    flow_run_id: str | None = None
    times: int = 1


def recent(actor: Actor, limit: int = 30) -> list[Event]:
    """The newest events that ``actor`` may see. Raises ``CatalogUnavailableError``."""
    reach = 4 * limit
    while True:
        sources = [_of_decisions(reach), _of_jobs(reach), _of_people(actor, reach)]
        cut = [source for source in sources if len(source) == reach]
        # Before the last event of a truncated source, the list would be incomplete.
        since = max((source[-1].at for source in cut), default=None)
        found = [event for source in sources for event in source if since is None or event.at >= since]
        folded = fold(sorted(found, key=lambda event: event.at, reverse=True))
        if len(folded) >= limit or not cut or reach >= _MAX_ROWS:
            return folded[:limit]
        reach *= 4  # merging shortened the list: read more rows


def fold(events: list[Event]) -> list[Event]:
    """Merge neighbours that differ only in time: a champion that is kept all night is one line."""
    folded: list[Event] = []
    for event in events:
        last = folded[-1] if folded else None
        if last is not None and _same(last, event):
            folded[-1] = replace(last, times=last.times + 1)
        else:
            folded.append(event)
    return folded


def _same(one: Event, other: Event) -> bool:
    if (one.kind, one.subject, one.by) != (other.kind, other.subject, other.by):
        return False
    # Kept with 0.931 or with 0.932: the same event.
    return one.kind == decisions.KEPT or one.text == other.text


def _of_decisions(reach: int) -> list[Event]:
    return [
        Event(one.at, one.kind, _subject(one), render(one.reason), flow_run_id=one.flow_run_id)
        for one in decisions.latest(limit=reach)
    ]


def _subject(one: Decision) -> str:
    version = one.challenger_version if one.kind != decisions.KEPT else one.champion_version
    return f"{one.workload} v{version}" if version else one.workload


def _of_jobs(reach: int) -> list[Event]:
    """Finished jobs, except those already shown as a decision or a dataset."""
    query = select(Job).where(Job.finished_at.is_not(None)).order_by(Job.finished_at.desc()).limit(reach)
    with reading() as session:
        found = list(session.scalars(query))
    told = {jobs.CHECK: {jobs.COMPLETED, jobs.FAILED, jobs.CRASHED}, jobs.GENERATE: {jobs.COMPLETED}}
    return [
        Event(
            at, f"job.{one.state}", f"{one.kind}/{one.workload}", render(one.message), one.created_by, one.flow_run_id
        )
        for one in found
        if (at := one.finished_at) is not None and one.state not in told.get(one.kind, set())
    ]


def _of_people(actor: Actor, reach: int) -> list[Event]:
    query = select(AuditEvent).where(AuditEvent.action.not_in(_SHOWN_OTHERWISE))
    if actor.role is not Role.ADMIN:
        beginnings = AuditEvent.action.startswith(_OPEN_TO_ALL[0])
        for start in _OPEN_TO_ALL[1:]:
            beginnings |= AuditEvent.action.startswith(start)
        query = query.where(beginnings)
    with reading() as session:
        found = list(session.scalars(query.order_by(AuditEvent.id.desc()).limit(reach)))
    return [Event(one.at, one.action, one.subject, by=one.actor) for one in found]
