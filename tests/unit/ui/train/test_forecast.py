"""What a check would do and what the loop waits for, in words."""

from dataclasses import replace

import pytest

from core.catalog.tables import Dataset, Decision, Evaluation, utcnow
from core.loop.loop_run import Challenge
from core.loop.policy import Policy
from core.models.registry import Version
from core.ui.train.forecast import forecast
from core.workloads.base import Evidence
from tests.deciding import DRIFTED, decision, evaluation

NEWEST = Dataset(id=7, sha256="new")
POLICY = Policy(0.85, 0.01, 0.005, 0.05, 0.005, 1, 6)
WAITS = decision("pending", 0.7, versions=(3, 4), dataset_id=7)
FRESH = Challenge(4, Evidence(), ())
WEIGHED = Challenge(4, Evidence((1.0,) * 7, 12.0, 1_000), (6, 5))


def champion(trained_on: str = "old") -> Version:
    return Version("linear", 3, "run", 1, trained_on, "print", "sha", utcnow(), ("champion",))


@pytest.mark.parametrize(
    ("best", "upcoming", "measured", "judged", "challenge", "action", "words"),
    [
        (None, None, None, None, None, "nothing", "Create a dataset first"),
        (champion(), None, None, None, None, "nothing", "Create a dataset first"),
        (None, NEWEST, None, None, None, "first", "a first model is trained on dataset 7"),
        (champion(), NEWEST, None, None, None, "unknown", "Champion v3 has not been evaluated on dataset 7 yet"),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.7, 7),
            None,
            None,
            "retrain",
            "0.700 on dataset 7, below the threshold 0.850",
        ),
        (champion("new"), NEWEST, evaluation(3, 0.7, 7), None, None, "keep", "nothing to gain"),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.9, 7),
            None,
            None,
            "keep",
            "the threshold 0.850: a check keeps it, unless its",
        ),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.7, 7),
            decision("rejected", 0.7, 0.7, versions=(3, 4), dataset_id=7),
            None,
            "keep",
            "(threshold 0.850). Challenger v4 was not better there; the next dataset decides",
        ),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.9, 7),
            decision("kept", 0.9, versions=(3, None), dataset_id=7, drift=DRIFTED),
            None,
            "keep",
            "This dataset has been checked; the next check waits for new data.",
        ),
        (champion(), NEWEST, evaluation(3, 0.7, 7), WAITS, FRESH, "wait", "One more dataset decides"),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.7, 7),
            WAITS,
            WEIGHED,
            "wait",
            "Challenger v4 waits: 2 new datasets showed a mean gain of +0.012 with an e-value of 2.72; a promotion "
            "needs +0.005 and 20.",
        ),
        (
            champion(),
            NEWEST,
            None,
            None,
            FRESH,
            "compare",
            "Challenger v4 waits for new data, and dataset 7 is: a check compares it with champion v3 there",
        ),
    ],
)
def test_the_forecast(
    best: Version | None,
    upcoming: Dataset | None,
    measured: Evaluation | None,
    judged: Decision | None,
    challenge: Challenge | None,
    action: str,
    words: str,
) -> None:
    seen = forecast(best, upcoming, measured, judged, challenge, POLICY)
    assert seen.action == action
    assert words in seen.text
    assert seen.waiting == (4 if action in {"wait", "compare"} else None)


def test_what_is_needed_comes_from_the_policy() -> None:
    strict = replace(POLICY, promote_alpha=0.001, promote_min_gain=0.02, patience=3)
    seen = forecast(champion(), NEWEST, None, WAITS, WEIGHED, strict)
    assert "a promotion needs +0.020 and 1,000" in seen.text
    assert "after 3 without a promotion it is rejected" in seen.text


def test_a_starter_becomes_champion_first() -> None:
    assert "the starter model becomes champion" in forecast(None, NEWEST, None, None, None, POLICY, ships=True).text


def test_the_full_training_that_follows_is_announced() -> None:
    found = forecast(champion(), NEWEST, evaluation(3, 0.9, 7), None, None, POLICY, cumulative=True, full=True)
    assert found.action == "retrain" and "dataset 7" in found.text and "a check trains fully now" in found.text


def test_of_images_new_ones_are_the_reason() -> None:
    found = forecast(champion(), NEWEST, evaluation(3, 0.9, 7), None, None, POLICY, cumulative=True)
    assert found.action == "keep" and found.text.endswith("unless enough of its images are new.")
