"""What is old goes, and nothing that the loop or the champion's evidence needs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from sqlalchemy import select

from core.auth import audit
from core.auth.roles import Actor, Role
from core.catalog.engine import writing
from core.catalog.tables import Dataset, Decision, Evaluation, utcnow
from core.config.settings import get_settings
from core.loop import decisions, retention
from core.loop.retention import Pruned
from core.models import registry
from core.storage.datasets import ACCEPTED
from tests.deciding import ago, decision, evaluation, store
from tests.learning import make_dataset, make_versions

ADMIN = Actor("ada", Role.ADMIN)
OLD = 60 * 24 * 400.0
"""Minutes: more than a year."""


@pytest.fixture
def served(mlflow_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions 1 and 2 have no alias any more, 3 is previous, 4 serves. The loop looks back two decisions."""
    make_versions(4)
    monkeypatch.setattr(retention, "LOOK_BACK", 2)
    for version in (1, 2, 3, 4):
        registry.log_figures(registry.get_version("linear", version), [("boundary.png", Figure())])
        decisions.promote_by_hand(ADMIN, "linear", version)
    registry.client().set_registered_model_alias("shifumi-linear", "challenger", "4")


def kinds() -> list[tuple[str, int | None]]:
    return [(one.kind, one.dataset_id) for one in decisions.latest("linear")[::-1] if one.dataset_id is not None]


def pngs(version: int) -> list[str]:
    run = registry.get_version("linear", version).run_id
    return [item.path for item in registry.client().list_artifacts(run) if item.path.endswith(".png")]


def age_everything() -> None:
    with writing() as session:
        for table in (Decision, Evaluation):
            for one in session.scalars(select(table)):
                one.at = ago(OLD)


def test_old_rows_and_figures_go_and_what_is_needed_stays(served: None) -> None:
    accepted = make_dataset(seed=9)
    with writing() as session:
        row = session.get(Dataset, accepted.id)
        assert row is not None
        row.status = ACCEPTED
    store(
        decision("kept", 0.9, versions=(1, None), dataset_id=30),
        decision("rejected", 0.9, 0.8, versions=(1, 2), dataset_id=31),
        decision("failed", versions=(None, None), dataset_id=None),
        decision("kept", 0.9, versions=(1, None), dataset_id=accepted.id),
        decision("pending", 0.9, versions=(2, 4), dataset_id=33),
        decision("kept", 0.9, versions=(4, None), dataset_id=34),
        decision("kept", 0.9, versions=(1, None), dataset_id=40),
        decision("kept", 0.9, versions=(1, None), dataset_id=35),
        decision("kept", 0.9, versions=(1, None), dataset_id=36),
        evaluation(1, 0.9, 30),
        evaluation(4, 0.9, 30),
        evaluation(1, 0.9, 41),
    )
    age_everything()
    audited = audit.count()
    done = retention.prune("linear", utcnow() + timedelta(days=1))
    assert done == Pruned(decisions=3, evaluations=1, figures=2)
    assert kinds() == [
        ("kept", accepted.id),
        ("pending", 33),
        ("kept", 34),
        ("kept", 40),
        ("kept", 35),
        ("kept", 36),
    ]
    assert len([one for one in decisions.latest("linear") if one.kind == "promoted"]) == 4, "changes stay"
    assert [(one.version, one.dataset_id) for one in decisions.evaluations("linear")] == [(1, 41), (4, 30)]
    assert [pngs(version) for version in (1, 2, 3, 4)] == [[], [], ["boundary.png"], ["boundary.png"]]
    assert audit.count() == audited
    assert retention.prune("linear", utcnow() + timedelta(days=1)) == Pruned(), "once"


def test_what_is_young_stays(served: None) -> None:
    store(*(decision("kept", 0.9, versions=(1, None), dataset_id=number) for number in range(20, 26)))
    assert retention.prune("linear", utcnow() - timedelta(days=365)) == Pruned()
    assert len(kinds()) == 6


def test_it_runs_once_a_day_and_not_at_all_when_it_is_off(served: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(retention, "prune", lambda workload, before: asked.append(workload) or Pruned())
    now = utcnow()
    retention.prune_daily("linear", now)
    retention.prune_daily("linear", now + timedelta(hours=23))
    assert asked == ["linear"]
    retention.prune_daily("linear", now + timedelta(hours=25))
    retention.prune_daily("linear", now - timedelta(days=30))
    assert len(asked) == 3, "a clock that was set back does not stop it"
    monkeypatch.setenv("SHIFUMI_RETENTION_DAYS", "0")
    get_settings.cache_clear()
    retention.prune_daily("linear", now + timedelta(days=9))
    assert len(asked) == 3


def test_a_registry_that_is_away_stops_it(served: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the registry knows the champion."""

    def away(*_: object) -> object:
        raise registry.RegistryError("away")

    store(*(decision("kept", 0.9, versions=(1, None), dataset_id=number) for number in range(20, 26)))
    age_everything()
    monkeypatch.setattr(registry, "versions", away)
    assert retention.prune_daily("linear") == Pruned()
    assert len(kinds()) == 6
