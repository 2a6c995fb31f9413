"""The catalog's figures for Prometheus, on SQLite and PostgreSQL: right, bounded, and absent rather than old."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from core.auth import throttle
from core.auth.roles import SYSTEM
from core.catalog.engine import writing
from core.catalog.tables import Decision, Job, PredictionBatch, utcnow
from core.catalog.work_tables import Worker, WorkItem
from core.config.settings import get_settings
from core.images import UPLOAD, store
from core.jobs import jobs, work_items, workers
from core.loop import decisions
from core.monitoring.metrics import catalog_collector, job_metrics
from core.monitoring.metrics.catalog_collector import CatalogCollector
from core.workloads.linear.settings import LinearSettings
from tests import deciding
from tests.exposition import Samples, exposed
from tests.learning import make_dataset
from tests.pictures_of_hands import HANDS, box, picture

pytestmark = pytest.mark.usefixtures("either_engine")
DRIFT = {
    "found": True,
    "summary": "x1 moved",
    "tests": [
        {"feature": "x1", "distance": 0.42, "p_adjusted": 1e-9, "drift": True},
        {"feature": "x2", "distance": 0.03, "p_adjusted": 0.6, "drift": False},
    ],
}


def look() -> Samples:
    watch = CatalogCollector()
    watch.refresh()
    return exposed(watch)


def job(kind: str, state: str, lasted_s: float, *, workload: str = "linear") -> None:
    """A job that ended a moment ago after ``lasted_s``."""
    now = utcnow()
    row = Job(
        id=str(uuid4()),
        kind=kind,
        workload=workload,
        created_by="ed",
        state=state,
        created_at=now - timedelta(seconds=lasted_s),
        heartbeat_at=now,
        finished_at=now,
    )
    deciding.store(row)


def test_an_empty_catalog_counts_zeros_so_that_the_first_failure_is_an_increase() -> None:
    found = look()
    assert found.get("shifumi_jobs_total", kind=jobs.CHECK, state=jobs.FAILED) == 0
    assert found.get("shifumi_decisions_total", workload="rps", kind=decisions.FAILED) == 0
    assert found.get("shifumi_jobs_oldest_wait_seconds") == 0
    assert found.get("shifumi_jobs_max_heartbeat_age_seconds") == 0
    assert found.get("shifumi_predictions_logged_total") == 0
    assert found.get("shifumi_login_failures") == 0
    assert found.series("shifumi_champion_info") == []


def test_jobs_are_counted_by_how_they_ended_and_timed_when_they_completed() -> None:
    for lasted in (0.5, 4, 40):
        job(jobs.GENERATE, jobs.COMPLETED, lasted)
    job(jobs.GENERATE, jobs.CRASHED, 1000)
    found = look()
    assert found.get("shifumi_jobs_total", kind=jobs.GENERATE, state=jobs.COMPLETED) == 3
    assert found.get("shifumi_jobs_total", kind=jobs.GENERATE, state=jobs.CRASHED) == 1
    bucket = "shifumi_job_duration_seconds_bucket"
    assert found.get(bucket, kind=jobs.GENERATE, le="1.0") == 1
    assert found.get(bucket, kind=jobs.GENERATE, le="5.0") == 2
    assert found.get(bucket, kind=jobs.GENERATE, le="60.0") == 3
    assert found.get(bucket, kind=jobs.GENERATE, le="+Inf") == 3
    assert found.get("shifumi_job_duration_seconds_sum", kind=jobs.GENERATE) == pytest.approx(44.5, abs=3)
    checked = found.get("shifumi_last_check_timestamp_seconds", workload="linear")
    assert checked is None
    job(jobs.CHECK, jobs.COMPLETED, 2)
    assert look().get("shifumi_last_check_timestamp_seconds", workload="linear") == pytest.approx(time.time(), abs=60)


def test_waiting_and_silent_jobs_are_told_apart() -> None:
    now = utcnow()
    kept = {"created_by": "ed", "workload": "linear"}
    waits = Job(id="w", kind=jobs.CHECK, concurrency_key="a", created_at=now - timedelta(seconds=90), **kept)
    runs = Job(
        id="r",
        kind=jobs.GENERATE,
        concurrency_key="b",
        state=jobs.RUNNING,
        created_at=now - timedelta(hours=1),
        heartbeat_at=now - timedelta(seconds=30),
        **kept,
    )
    deciding.store(waits, runs)
    found = look()
    assert found.get("shifumi_jobs_alive", kind=jobs.CHECK, phase="waiting") == 1
    assert found.get("shifumi_jobs_alive", kind=jobs.GENERATE, phase="running") == 1
    assert found.get("shifumi_jobs_alive", kind=jobs.GENERATE, phase="waiting") == 0
    wait, silence = found.get("shifumi_jobs_oldest_wait_seconds"), found.get("shifumi_jobs_max_heartbeat_age_seconds")
    assert wait is not None
    assert silence is not None
    assert 90 <= wait < 600
    assert 30 <= silence < 600


def test_the_champion_its_figures_and_what_drifted() -> None:
    deciding.store(
        deciding.evaluation(1, 0.7),
        deciding.evaluation(1, 0.6),
        deciding.evaluation(2, 0.9),
        deciding.decision(decisions.PROMOTED, None, 0.7, versions=(None, 1)),
        deciding.decision(decisions.PROMOTED, 0.6, 0.9, versions=(1, 2), drift=DRIFT),
        deciding.decision(decisions.FAILED, versions=(None, None)),
    )
    with writing() as session:
        trained = session.get(Decision, 2)
        assert trained is not None
        details = dict(trained.details)
        details["challenger"] = {**details["challenger"], "training_s": 12.5}
        trained.details = details
    found = look()
    labels = {"workload": "linear", "metric": "accuracy"}
    assert found.get("shifumi_champion_info", workload="linear", version=2) == 1
    assert len(found.series("shifumi_champion_info")) == 1
    assert found.get("shifumi_model_metric", version=1, **labels) == pytest.approx(0.6)
    assert found.get("shifumi_model_metric", version=2, **labels) == pytest.approx(0.9)
    assert found.get("shifumi_model_metric_low", version=2, **labels) == pytest.approx(0.89)
    assert found.get("shifumi_model_metric_high", version=2, **labels) == pytest.approx(0.91)
    assert found.get("shifumi_model_threshold", **labels) == LinearSettings.current().threshold
    assert found.get("shifumi_decisions_total", workload="linear", kind=decisions.PROMOTED) == 2
    assert found.get("shifumi_drift_found", workload="linear") == 1
    assert found.get("shifumi_drift_distance", workload="linear", feature="x1") == 0.42
    assert found.get("shifumi_drift_p_value", workload="linear", feature="x2") == 0.6
    assert found.get("shifumi_training_seconds", workload="linear", version=2) == 12.5


def test_what_was_gathered() -> None:
    make_dataset()
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock")])
    store.add(SYSTEM, picture(2), HANDS, source=UPLOAD, session="s")
    throttle.begin("mallory", "10.0.0.9")
    batch = {"workload": "linear", "version": 1, "source": "api"}
    deciding.store(
        PredictionBatch(positive_share=0.2, mean_confidence=0.9, rows=3, **batch),
        PredictionBatch(positive_share=0.6, mean_confidence=0.5, rows=1, **batch),
    )
    found = look()
    assert found.get("shifumi_datasets", workload="linear") == 1
    assert found.get("shifumi_newest_dataset_timestamp_seconds", workload="linear") == pytest.approx(
        time.time(), abs=60
    )
    assert found.get("shifumi_images", workload="rps", state="labelled") == 1
    assert found.get("shifumi_images", workload="rps", state="unlabelled") == 1
    assert found.get("shifumi_images", workload="rps", state="rejected") == 0
    assert found.get("shifumi_review_waiting", workload="rps", reason="unlabelled") == 1
    assert found.get("shifumi_review_waiting", workload="rps", reason="flagged") == 0
    assert found.get("shifumi_login_failures") == 1
    assert found.get("shifumi_predictions_logged_total") == 2
    assert found.get("shifumi_predicted_not_first_class_ratio", workload="linear") == pytest.approx(0.3)
    assert found.get("shifumi_prediction_confidence", workload="linear") == pytest.approx(0.8)


def test_without_a_catalog_the_figures_are_absent_and_come_back_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = CatalogCollector()
    assert exposed(watch).names == set()
    watch.refresh()
    assert "shifumi_jobs_total" in exposed(watch).names
    with monkeypatch.context() as patch:
        patch.setenv("SHIFUMI_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        get_settings.cache_clear()
        watch.refresh()
        assert exposed(watch).names == set()
    get_settings.cache_clear()
    watch.refresh()
    assert "shifumi_jobs_total" in exposed(watch).names


def test_a_row_nobody_understands_costs_the_figures_and_not_the_watch() -> None:
    watch = CatalogCollector()
    deciding.store(deciding.decision(decisions.KEPT, 0.9, versions=(1, None), drift={"found": True, "tests": [{}]}))
    watch.refresh()
    assert exposed(watch).names == set()
    deciding.store(deciding.decision(decisions.KEPT, 0.9, versions=(1, None), drift=DRIFT))
    watch.refresh()
    assert "shifumi_drift_found" in exposed(watch).names


def test_what_is_long_ago_is_not_told_as_if_it_were_now(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = CatalogCollector()
    watch.refresh()
    monkeypatch.setattr(catalog_collector, "_STALE_S", 0.0)
    assert exposed(watch).names == set()


@pytest.mark.parametrize(("took_s", "pause_s"), [(0.01, 5.0), (0.5, 10.0), (100.0, 30.0)])
def test_a_large_catalog_is_read_less_often_but_often_enough(took_s: float, pause_s: float) -> None:
    assert catalog_collector.pause_s(took_s) == pause_s
    assert pause_s < catalog_collector._STALE_S


def test_every_kind_of_work_is_known_here() -> None:
    from core.jobs.jobs import _ROLES

    assert set(job_metrics.KINDS) == set(_ROLES)


def handed_over(queue: str, state: str, *, waits_s: float = 0, attempts: int = 1) -> None:
    """A piece of work of a job of its own."""
    job(jobs.CHECK, jobs.COMPLETED, 1)
    owner = jobs.latest(jobs.CHECK)
    assert owner is not None
    created = utcnow() - timedelta(seconds=waits_s)
    row = WorkItem(
        id=str(uuid4()), job_id=owner.id, kind="train", queue=queue, state=state, attempts=attempts, created_at=created
    )
    deciding.store(row)


def test_nothing_is_told_of_workers_where_nobody_hands_work_over() -> None:
    assert look().series("shifumi_work_items") == look().series("shifumi_workers") == []


def test_queues_tell_their_depth_their_oldest_work_and_who_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_CELERY_BROKER_URL", "filesystem://")
    get_settings.cache_clear()
    for state, waits_s, attempts in (
        (work_items.WAITING, 90, 0),
        (work_items.WAITING, 10, 0),
        (work_items.DONE, 500, 3),
    ):
        handed_over("gpu", state, waits_s=waits_s, attempts=attempts)
    workers.heartbeat(Worker(name="one", host="here", pid=1, queues=["default"], concurrency=1))
    found = look()
    assert found.get("shifumi_work_items", queue="gpu", state=work_items.WAITING) == 2
    assert found.get("shifumi_work_items", queue="gpu", state=work_items.RUNNING) == 0
    assert found.get("shifumi_work_items_ended_total", queue="gpu", state=work_items.DONE) == 1
    assert found.get("shifumi_work_items_restarted_total", queue="gpu") == 2
    assert 90 <= (found.get("shifumi_work_oldest_wait_seconds", queue="gpu") or 0) < 150
    assert found.get("shifumi_work_oldest_wait_seconds", queue="default") == 0
    assert found.get("shifumi_workers", queue="default") == 1
    assert found.get("shifumi_workers", queue="gpu") == 0
