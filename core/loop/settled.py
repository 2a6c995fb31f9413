"""A dataset is judged once; what opens the question again."""

from __future__ import annotations

from core.catalog.tables import Dataset, Decision
from core.loop import feedback, history
from core.loop.policy import Policy
from core.loop.stages import more_to_learn
from core.models.registry import Version


def settled(dataset: Dataset, champion: Version, policy: Policy) -> Decision | None:
    """The decision that a check would only read again; None when there is something to do: no decision yet, more to
    learn from the dataset, or feedback that came since."""
    known = history.judged(dataset, champion, policy)
    if known is None or more_to_learn(dataset.workload, dataset) or feedback.reopens(known, champion, policy):
        return None
    return known
