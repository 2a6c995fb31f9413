"""Killed at each of its steps and started again, a hundred times and more: does the loop come to the same end?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core.config.settings import Settings
from tests.bench.table import Row, Table
from tests.killing import Killer, end_state, live

pytestmark = pytest.mark.timeout(3600)
SECTION = "The loop, killed"


@pytest.fixture
def patch(settings: Settings) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patched:
        yield patched


def test_killed_at_each_step(patch: pytest.MonkeyPatch, table: Table) -> None:
    tried = same = 0
    for seed in (7, 8):
        undisturbed = Killer()
        usual = end_state(live(undisturbed, patch, seed))
        steps = [(name, nth) for name, many in Counter(undisturbed.steps).items() for nth in range(many)]
        for killer in [Killer(step, after) for step in steps for after in (False, True)]:
            same += end_state(live(killer, patch, seed)) == usual and killer.killed
            tried += 1
    words = "killed at each step, before and after, and started again: same champion, versions and changes"
    table.add(SECTION, Row(words, f"{same} of {tried}", target="all", met=same == tried))
    assert same == tried
