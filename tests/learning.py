"""Real datasets and models for tests, made by the product's own functions."""

from typing import Any

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.config.progress import silent
from core.loop import loop
from core.models import registry
from core.storage import datasets
from core.workloads import get_workload


def make_dataset(**choices: Any) -> Dataset:
    """A registered linear dataset; 2,000 rows unless told otherwise."""
    workload = get_workload("linear")
    parameters = workload.parameters(**{"rows": 2_000, **choices})
    return datasets.register(workload.generate(parameters, silent), "linear", parameters.model_dump(), SYSTEM)


def make_versions(number: int) -> list[registry.Version]:
    """One training of the linear workload, registered ``number`` times: as if the data had come twice."""
    dataset, workload = make_dataset(), get_workload("linear")
    trained = workload.train(dataset, silent)
    return [registry.log_challenger("linear", [dataset], trained, None, 0.5) for _ in range(number)]


def first_champion() -> registry.Version:
    """The champion that the loop makes of a first dataset."""
    make_dataset(seed=1)
    loop.run_once("linear")
    found = registry.champion("linear")
    assert found is not None
    return found
