"""Datasets in the catalog."""

from __future__ import annotations

import pytest

from core.auth.roles import SYSTEM
from core.catalog.engine import writing
from core.catalog.tables import Decision
from core.config.messages import say
from core.storage import datasets
from tests.learning import make_dataset

pytestmark = pytest.mark.usefixtures("settings")


def test_the_id_of_a_deleted_dataset_is_not_given_away_while_a_decision_names_it() -> None:
    first = make_dataset(seed=1)
    with writing() as session:
        reason = (say("gate.no_champion"),)
        session.add(Decision(workload="linear", kind="promoted", reason=reason, dataset_id=first.id))
    datasets.delete(SYSTEM, first.id)
    assert make_dataset(seed=2).id == first.id + 1
