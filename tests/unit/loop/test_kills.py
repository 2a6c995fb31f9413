"""Killed at a step and started again, the loop comes to the same end: nobody is promoted twice, nothing is lost.

Here at the steps that move an alias or write a decision; at every step in ``tests/bench/test_kills.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config.settings import Settings
from core.loop import decisions
from tests.killing import Killer, end_state, live

CHANGES = [(decisions.PROMOTED, None, 1), (decisions.PROMOTED, 1, 2), (decisions.ROLLED_BACK, 2, 1)]
USUAL = {
    "aliases": {"champion": 1, "previous": 2},
    "trained": [(1,), (2,)],
    "changes": CHANGES,
    "rolled back": frozenset({2}),
}
STEPS = ["_keep", "log_challenger", "log_scores", "promote", "record"]


@pytest.fixture
def patch(settings: Settings) -> Iterator[pytest.MonkeyPatch]:
    """One that a life may undo: that of the settings stays."""
    with pytest.MonkeyPatch.context() as patched:
        yield patched


def test_without_a_kill(patch: pytest.MonkeyPatch) -> None:
    killer = Killer()
    assert end_state(live(killer, patch)) == USUAL
    assert set(STEPS) <= set(killer.steps)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("turn", [0, 1, 2], ids=["first champion", "promotion", "rollback"])
def test_killed_while_the_alias_moves(turn: int, after: bool, patch: pytest.MonkeyPatch) -> None:
    killer = Killer(("promote", turn), after)
    assert end_state(live(killer, patch)) == USUAL
    assert killer.killed


def test_killed_before_the_decision_is_written(patch: pytest.MonkeyPatch) -> None:
    killer = Killer(("record", 2))
    assert end_state(live(killer, patch)) == USUAL
    assert killer.killed
