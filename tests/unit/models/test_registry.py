"""Versions and what is known of them, in a real MLflow store."""

import pytest

from core.models import registry
from core.workloads import get_workload
from tests.learning import make_dataset, make_versions

pytestmark = pytest.mark.usefixtures("mlflow_store")


def test_the_newest_of_those_trained_alike_is_found() -> None:
    first, second = make_versions(2)
    assert first.fingerprint == second.fingerprint
    found = registry.find("linear", first.fingerprint)
    assert found is not None and found.version == second.version == 2
    assert registry.find("linear", "f" * 64) is None


def test_other_data_or_parameters_are_another_training() -> None:
    one, two = make_dataset(seed=1), make_dataset(seed=2)
    chosen = get_workload("linear").training_parameters
    prints = {
        registry.fingerprint([one], chosen),
        registry.fingerprint([two], chosen),
        registry.fingerprint([], chosen),
    }
    prints.add(registry.fingerprint([one], {**chosen, "more": 1}))
    assert len(prints) == 4
    assert registry.fingerprint([one], dict(reversed(chosen.items()))) in prints
