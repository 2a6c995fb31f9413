"""Metrics of the models, from the catalog: evaluations, decisions, drift, training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.catalog.tables import Decision, Evaluation
from core.config.settings import get_settings
from core.loop import champion_status
from core.loop.decisions import FAILED, KEPT, PENDING, PROMOTED, QUARANTINED, REJECTED, ROLLED_BACK
from core.monitoring.metrics.families import counter, gauge, seconds
from core.workloads import WORKLOADS

DECISIONS = (KEPT, PENDING, PROMOTED, REJECTED, ROLLED_BACK, QUARANTINED, FAILED)
_VERSIONS = 5
_LOOK_BACK = 50


def read(session: Session) -> Iterator[Metric]:
    """The current metric families."""
    yield from _decisions(session)
    yield from _measured(session)
    yield from _champions()
    newest = [_newest_details(session, workload) for workload in WORKLOADS]
    yield from _drift([(workload, details) for workload, details in zip(WORKLOADS, newest, strict=True)])
    yield from _training(session)


def _decisions(session: Session) -> Iterator[Metric]:
    query = select(Decision.workload, Decision.kind, func.count()).group_by(Decision.workload, Decision.kind)
    found = {(workload, kind): 0 for workload in WORKLOADS for kind in DECISIONS}
    found |= {(workload, kind): count for workload, kind, count in session.execute(query).tuples()}
    yield counter("shifumi_decisions", "Decisions of the loop.", ("workload", "kind"), found.items())
    latest = select(Decision.workload, func.max(Decision.at)).group_by(Decision.workload)
    rows = [((workload,), seconds(moment)) for workload, moment in session.execute(latest).tuples()]
    yield gauge("shifumi_last_decision_timestamp_seconds", "Time of the last decision.", ("workload",), rows)


def _measured(session: Session) -> Iterator[Metric]:
    """The latest evaluation of each of the newest versions."""
    found = [one for workload in WORKLOADS for one in _evaluations(session, workload)]
    for name, text, column in (
        ("shifumi_model_metric", "Latest evaluation on a holdout.", "value"),
        ("shifumi_model_metric_low", "Lower end of its 95 % interval.", "ci_low"),
        ("shifumi_model_metric_high", "Upper end of its 95 % interval.", "ci_high"),
    ):
        rows = [((one.workload, one.version, one.metric), float(getattr(one, column))) for one in found]
        yield gauge(name, text, ("workload", "version", "metric"), rows)


def _evaluations(session: Session, workload: str) -> list[Evaluation]:
    query = select(Evaluation).where(Evaluation.workload == workload).order_by(Evaluation.id.desc()).limit(_LOOK_BACK)
    newest: dict[int, Evaluation] = {}
    for one in session.scalars(query):
        newest.setdefault(one.version, one)
    return list(newest.values())[:_VERSIONS]


def _champions() -> Iterator[Metric]:
    standings = [champion_status.champion_status(workload) for workload in WORKLOADS]
    yield gauge(
        "shifumi_champion_info",
        "1 for the champion.",
        ("workload", "version"),
        [((one.workload, one.version), 1) for one in standings if one.version is not None],
    )
    yield gauge(
        "shifumi_champion_promoted_timestamp_seconds",
        "When it became the champion.",
        ("workload",),
        [((one.workload,), seconds(one.promoted_at)) for one in standings],
    )
    yield gauge(
        "shifumi_model_threshold",
        "Below this a check trains a challenger.",
        ("workload", "metric"),
        [((one.workload, one.metric), one.threshold) for one in standings],
    )


def _newest_details(session: Session, workload: str) -> dict[str, Any]:
    """The latest decision with a drift test."""
    query = select(Decision.details).where(Decision.workload == workload).order_by(Decision.id.desc()).limit(_LOOK_BACK)
    return next((found for found in session.scalars(query) if found.get("drift")), {})


def _drift(newest: list[tuple[str, dict[str, Any]]]) -> Iterator[Metric]:
    judged = [(workload, details["drift"]) for workload, details in newest if details]
    tests = [((workload, test["feature"]), test) for workload, drift in judged for test in drift.get("tests", ())]
    labels = ("workload", "feature")
    yield gauge(
        "shifumi_drift_found",
        "1 when the latest test against the champion's training data found drift.",
        ("workload",),
        [((workload,), float(drift["found"])) for workload, drift in judged],
    )
    yield gauge(
        "shifumi_drift_distance",
        "Distance between training data and newest data, 0 to 1.",
        labels,
        [(names, float(test["distance"])) for names, test in tests],
    )
    yield gauge(
        "shifumi_drift_p_value",
        "Adjusted p-value of that distance (Benjamini–Hochberg).",
        labels,
        [(names, float(test["p_adjusted"])) for names, test in tests],
    )
    yield gauge(
        "shifumi_drift_min_distance",
        "Minimum distance that counts as drift.",
        (),
        [((), get_settings().drift_min_effect)],
    )


def _training(session: Session) -> Iterator[Metric]:
    """Duration of the newest challenger's training."""
    rows = []
    for workload in WORKLOADS:
        query = (
            select(Decision.challenger_version, Decision.details)
            .where(Decision.workload == workload, Decision.kind.in_((PROMOTED, REJECTED)))
            .order_by(Decision.id.desc())
            .limit(_LOOK_BACK)
        )
        for version, details in session.execute(query).tuples():
            if took := (details.get("challenger") or {}).get("training_s"):
                rows.append(((workload, version), float(took)))
                break
    yield gauge("shifumi_training_seconds", "Duration of the newest training.", ("workload", "version"), rows)
