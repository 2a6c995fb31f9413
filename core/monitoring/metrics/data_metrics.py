"""Metrics of the data: datasets, images and their review, logged predictions, failed logins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.catalog.image_tables import Image
from core.catalog.tables import Dataset, LoginAttempt, PredictionBatch, utcnow
from core.config.settings import get_settings
from core.images import LABELLED, PROPOSED, REJECTED, UNLABELLED
from core.labelling import review_queue
from core.monitoring.metrics.families import counter, gauge, seconds
from core.workloads import WORKLOADS

_STATES = (UNLABELLED, PROPOSED, LABELLED, REJECTED)
_NEWEST = 500


def read(session: Session) -> Iterator[Metric]:
    """The current metric families."""
    yield from _datasets(session)
    yield from _images(session)
    yield from _predictions(session)
    since = utcnow() - timedelta(seconds=get_settings().login_window_s)
    failures = select(func.count()).where(LoginAttempt.succeeded.is_(False), LoginAttempt.at > since)
    yield gauge(
        "shifumi_login_failures",
        "Failed logins within the window of the throttle.",
        (),
        [((), session.scalar(failures) or 0)],
    )


def _datasets(session: Session) -> Iterator[Metric]:
    query = select(Dataset.workload, func.count(), func.max(Dataset.created_at)).group_by(Dataset.workload)
    found = session.execute(query).all()
    yield gauge("shifumi_datasets", "Registered datasets.", ("workload",), [((row[0],), row[1]) for row in found])
    newest = [((row[0],), seconds(row[2])) for row in found]
    yield gauge(
        "shifumi_newest_dataset_timestamp_seconds", "Creation time of the newest dataset.", ("workload",), newest
    )


def _images(session: Session) -> Iterator[Metric]:
    query = select(Image.workload, Image.state, func.count()).group_by(Image.workload, Image.state)
    found = {(workload, state): count for workload, state, count in session.execute(query).tuples()}
    workloads = sorted({workload for workload, _state in found})
    rows = {(workload, state): found.get((workload, state), 0) for workload in workloads for state in _STATES}
    yield gauge("shifumi_images", "Images by review state.", ("workload", "state"), rows.items())
    waiting = [
        ((workload, reason), count)
        for workload in workloads
        for reason, count in review_queue.waiting_counts(workload).items()
    ]
    yield gauge("shifumi_review_waiting", "Images in the review queue.", ("workload", "reason"), waiting)


def _predictions(session: Session) -> Iterator[Metric]:
    """The newest logged requests; a table of a million rows is not counted, its highest id is used."""
    logged = session.scalar(select(func.max(PredictionBatch.id))) or 0
    yield counter("shifumi_predictions_logged", "Entries of the prediction log, in total.", (), [((), logged)])
    columns = (
        PredictionBatch.workload,
        PredictionBatch.positive_share,
        PredictionBatch.mean_confidence,
        PredictionBatch.rows,
    )
    rows = session.execute(select(*columns).order_by(PredictionBatch.id.desc()).limit(_NEWEST)).all()
    # Regression has neither.
    workloads = sorted({row[0] for row in rows} - {one.name for one in WORKLOADS.values() if one.task == "regression"})
    for name, text, column in (
        (
            "shifumi_predicted_not_first_class_ratio",
            f"Share of rows predicted as another class than the first, newest {_NEWEST} entries of the log.",
            1,
        ),
        ("shifumi_prediction_confidence", f"Mean confidence in the newest {_NEWEST} entries of the log.", 2),
    ):
        values = {one: _mean([(row[column], row[3]) for row in rows if row[0] == one]) for one in workloads}
        yield gauge(name, text, ("workload",), [((one,), value) for one, value in values.items()])


def _mean(entries: Sequence[tuple[float, int]]) -> float:
    """The mean per row, of means and how many rows each is of."""
    return sum(mean * rows for mean, rows in entries) / sum(rows for _, rows in entries)
