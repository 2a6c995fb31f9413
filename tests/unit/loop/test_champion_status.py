"""Who is champion, from what the loop wrote down."""

from core.config.messages import as_json, say
from core.loop.champion_status import champion_status
from core.loop.decisions import FAILED, KEPT, PENDING, PROMOTED, REJECTED, ROLLED_BACK
from tests.deciding import CALM, DRIFTED, decision, evaluation, store


def test_an_empty_catalog_has_no_champion() -> None:
    shown = champion_status("linear")
    assert (shown.version, shown.value, shown.trend) == (None, None, ())
    assert shown.metric == "accuracy"
    assert not shown.under_threshold


def test_a_failure_alone_makes_no_champion() -> None:
    store(decision(FAILED, dataset_id=None))
    assert champion_status("linear").version is None


def test_the_promoted_challenger_is_champion_with_its_newest_figures() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1), dataset_id=4, minutes_ago=10),
        evaluation(1, 0.93, dataset_id=4),
        evaluation(1, 0.91, dataset_id=5),
        evaluation(2, 0.99, dataset_id=5),
        decision(KEPT, 0.91, versions=(1, None), dataset_id=5, drift=CALM),
    )
    shown = champion_status("linear")
    assert (shown.version, shown.dataset_id) == (1, 4)
    assert (shown.value, shown.measured_on) == (0.91, 5)
    assert shown.trend == (0.93, 0.91)
    assert (shown.drift, shown.drift_summary) == (False, (say("drift.none", method="ks"),))


def test_a_rejected_challenger_does_not_become_champion() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1)),
        decision(REJECTED, 0.93, 0.90, versions=(1, 2), drift=DRIFTED),
    )
    shown = champion_status("linear")
    assert shown.version == 1
    assert shown.drift is True


def test_a_challenger_that_waits_is_not_champion_yet() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1), dataset_id=1),
        decision(PENDING, 0.60, versions=(1, 2), dataset_id=2, drift=DRIFTED),
    )
    shown = champion_status("linear")
    assert (shown.version, shown.waiting, shown.drift) == (1, 2, True)
    store(decision(FAILED, dataset_id=None))
    assert champion_status("linear").waiting == 2
    store(decision(PROMOTED, 0.60, 0.94, versions=(1, 2), dataset_id=3))
    shown = champion_status("linear")
    assert (shown.version, shown.waiting, shown.dataset_id) == (2, None, 2)


def test_drift_is_forgotten_when_a_new_champion_takes_over() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1)),
        decision(PROMOTED, 0.60, 0.94, versions=(1, 2), drift=DRIFTED, dataset_id=7),
    )
    shown = champion_status("linear")
    assert (shown.version, shown.dataset_id, shown.drift) == (2, 7, None)


def test_a_rollback_brings_the_old_one_back_with_what_it_was_trained_on() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1), dataset_id=1),
        decision(PROMOTED, 0.60, 0.94, versions=(1, 2), drift=DRIFTED, dataset_id=7),
        decision(ROLLED_BACK, versions=(2, 1), dataset_id=None),
        decision(FAILED, dataset_id=None),
    )
    shown = champion_status("linear")
    assert (shown.version, shown.dataset_id) == (1, 1)
    assert shown.drift is True


def test_an_alias_moved_elsewhere_shows_after_the_next_check() -> None:
    store(
        decision(PROMOTED, None, 0.93, versions=(None, 1)),
        decision(KEPT, 0.80, versions=(5, None)),
        evaluation(5, 0.80),
    )
    shown = champion_status("linear")
    assert (shown.version, shown.dataset_id, shown.promoted_at) == (5, None, None)
    assert shown.under_threshold


def test_a_promotion_buried_under_many_checks_is_found() -> None:
    store(decision(PROMOTED, None, 0.93, versions=(None, 1), dataset_id=3))
    store(*[decision(KEPT, 0.93, versions=(1, None)) for _ in range(210)])
    shown = champion_status("linear")
    assert shown.dataset_id == 3
    assert shown.promoted_at is not None


def test_what_could_not_be_compared_is_not_said_to_be_without_drift() -> None:
    """The training data of a starter is not included."""
    unknown = {"found": False, "summary": as_json(say("drift.starter")), "tests": []}
    store(
        decision(PROMOTED, None, 0.7, versions=(None, 1), dataset_id=4, minutes_ago=1),
        decision(KEPT, 0.7, versions=(1, None), dataset_id=5, drift=unknown),
        evaluation(1, 0.7, dataset_id=5),
    )
    shown = champion_status("linear")
    assert (shown.drift, shown.drift_summary) == (None, (say("drift.starter"),))
