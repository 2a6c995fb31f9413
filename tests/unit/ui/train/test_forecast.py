"""What a check would do, in words."""

import pytest

from core.catalog.tables import Dataset, Decision, Evaluation, utcnow
from core.models.registry import Version
from core.ui.train.forecast import forecast
from tests.deciding import DRIFTED, decision, evaluation

NEWEST = Dataset(id=7, sha256="new")


def champion(trained_on: str = "old") -> Version:
    return Version("linear", 3, "run", 1, trained_on, "print", "sha", utcnow(), ("champion",))


@pytest.mark.parametrize(
    ("best", "newest", "measured", "decided", "action", "words"),
    [
        (None, None, None, None, "nothing", "Create a dataset first"),
        (champion(), None, None, None, "nothing", "Create a dataset first"),
        (None, NEWEST, None, None, "first", "a first model is trained on dataset 7"),
        (champion(), NEWEST, None, None, "unknown", "Champion v3 has not been evaluated on dataset 7 yet"),
        (champion(), NEWEST, evaluation(3, 0.7, 7), None, "retrain", "reaches 0.700 on dataset 7, below 0.850"),
        (champion("new"), NEWEST, evaluation(3, 0.7, 7), None, "keep", "nothing to gain"),
        (champion(), NEWEST, evaluation(3, 0.9, 7), None, "keep", "above 0.850: a check keeps it"),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.9, 7),
            decision("rejected", 0.9, 0.9, dataset_id=7, drift=DRIFTED),
            "retrain",
            "the data drifted",
        ),
        (
            champion(),
            NEWEST,
            evaluation(3, 0.9, 7),
            decision("promoted", 0.6, 0.9, dataset_id=6, drift=DRIFTED),
            "keep",
            "a check keeps it",
        ),
    ],
)
def test_the_forecast(
    best: Version | None,
    newest: Dataset | None,
    measured: Evaluation | None,
    decided: Decision | None,
    action: str,
    words: str,
) -> None:
    seen = forecast(best, newest, measured, decided, 0.85)
    assert seen.action == action
    assert words in seen.text
