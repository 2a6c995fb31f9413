"""The newcomer's checklist ticks itself."""

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.auth.tokens import create_token
from core.catalog.tables import Job, PredictionBatch
from core.config.settings import get_settings
from core.jobs.jobs import COMPLETED, FAILED, PREDICT_FILE
from core.loop.decisions import KEPT, PENDING, PROMOTED, REJECTED
from core.ui.overview.checklist import skip_discord, steps
from tests.deciding import DRIFTED, decision, store
from tests.people import make_user

ADMIN = Actor("ada", Role.ADMIN)


def ticked() -> set[str]:
    return {step.key for step in steps() if step.done}


def test_whoever_reads_it_is_logged_in_and_has_done_nothing_else() -> None:
    assert ticked() == {"login"}
    assert [step.key for step in steps()][:3] == ["login", "dataset", "model"]


def test_a_dataset_counts_even_when_it_was_deleted_since() -> None:
    audit.record_event(ADMIN, "dataset.create", "dataset 1")
    assert "dataset" in ticked()


def test_the_first_model_is_neither_drift_nor_recovery() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1)))
    assert ticked() == {"login", "model"}


def test_a_prediction_by_api_or_by_file_counts_a_failed_file_does_not() -> None:
    store(Job(id="1", kind=PREDICT_FILE, created_by="eve", state=FAILED))
    assert "prediction" not in ticked()
    store(Job(id="2", kind=PREDICT_FILE, created_by="eve", state=COMPLETED))
    assert "prediction" in ticked()


def test_one_answered_row_is_a_prediction() -> None:
    store(PredictionBatch(workload="linear", version=1, source="api", rows=1, positive_share=1.0, mean_confidence=0.9))
    assert "prediction" in ticked()


def test_drift_and_then_recovery() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1)))
    store(decision(KEPT, 0.93, versions=(1, None)))
    assert not {"drift", "recovery"} & ticked()
    store(decision(REJECTED, 0.90, 0.88, versions=(1, 2), drift=DRIFTED))
    assert "drift" in ticked()
    assert "recovery" not in ticked()
    store(decision(PROMOTED, 0.90, 0.95, versions=(1, 3)))
    assert "recovery" in ticked()


def test_falling_under_the_threshold_is_a_changed_world_too() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1)))
    store(decision(PROMOTED, 0.40, 0.93, versions=(1, 2)))
    assert {"drift", "recovery"} <= ticked()


def test_a_challenger_that_waits_is_drift_and_its_promotion_the_recovery() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1)))
    store(decision(PENDING, 0.40, versions=(1, 2)))
    assert "drift" in ticked()
    assert "recovery" not in ticked()
    store(decision(PROMOTED, 0.41, 0.93, versions=(1, 2), dataset_id=2))
    assert {"drift", "recovery"} <= ticked()


def test_a_forced_promotion_over_a_good_champion_is_not_drift() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1)))
    store(decision(PROMOTED, 0.92, 0.95, versions=(1, 2)))
    assert not {"drift", "recovery"} & ticked()


def test_a_token_counts() -> None:
    create_token(make_user("ada"), "ci", ["predict"], 30)
    assert "token" in ticked()


def test_discord_is_done_when_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_DISCORD_WEBHOOK_URL", "http://127.0.0.1:9/hook")
    get_settings.cache_clear()
    step = steps()[-1]
    assert (step.key, step.done, step.skipped) == ("discord", True, False)


def test_discord_can_be_done_without_but_only_an_admin_decides_that() -> None:
    with pytest.raises(ForbiddenError):
        skip_discord(Actor("bob", Role.EDITOR))
    assert "discord" not in ticked()
    skip_discord(ADMIN)
    step = steps()[-1]
    assert (step.done, step.skipped) == (True, True)
