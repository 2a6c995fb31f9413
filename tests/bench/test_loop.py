"""Can the loop be trusted? Simulated through the product's own loop, catalog and lake; only MLflow is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.config.settings import Settings
from core.loop import decisions
from core.workloads.statistics import wilson_interval
from tests.bench.memory_registry import MemoryRegistry
from tests.bench.simulated_world import DAMAGES, Damage, World, forget
from tests.bench.table import Row, Table

pytestmark = pytest.mark.timeout(3600)

SECTION = "The loop, simulated"
RUNS = {1_000: 40, 10_000: 20, 100_000: 6, 1_000_000: 2}
"""Fewer for larger data, where chance matters less and a turn takes longer."""
SIZES = list(RUNS)

_TURNS = {1_000: 200, 10_000: 200, 100_000: 60, 1_000_000: 20}
_FIVE_POINTS, _TWO_POINTS = 17.0, 9.6
"""Degrees that the boundary turns so that the champion loses 5 and 2 points."""

NewWorld = Callable[[int, int], World]


@pytest.fixture
def new_world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewWorld]:
    def make(rows: int, seed: int) -> World:
        forget()
        memory = MemoryRegistry("linear")
        memory.install(monkeypatch)
        return World(memory, rows, seed)

    yield make


def _share(hits: int, trials: int) -> str:
    low, high = wilson_interval(hits, trials)
    return f"{hits / trials:.1%} ({low:.1%} to {high:.1%}, {trials})"


@pytest.mark.parametrize("rows", SIZES)
def test_without_drift_nothing_happens(rows: int, new_world: NewWorld, table: Table) -> None:
    alarms = promotions = worse = turns = fooled = 0
    runs = max(2, RUNS[rows] // 10)
    for seed in range(runs):
        world = new_world(rows, seed)
        for _ in range(_TURNS[rows]):
            world.turn()
        kinds = world.kinds[1:]
        turns += len(kinds)
        alarms += sum(kind != decisions.KEPT for kind in kinds)
        promotions += kinds.count(decisions.PROMOTED)
        fooled += decisions.PROMOTED in kinds
        worse += sum(gain < 0 for gain in world.gains)
    table.add(
        SECTION,
        Row(
            f"{rows:,} rows, no drift: turns with an alarm or a waiting challenger",
            _share(alarms, turns),
            target="≤ 5 %",
            met=alarms / turns <= 0.05,
        ),
    )
    table.add(
        SECTION,
        Row(
            f"{rows:,} rows, no drift: turns with a promotion",
            _share(promotions, turns),
            target="≤ 5 %",
            met=promotions / turns <= 0.05,
        ),
    )
    table.add(SECTION, Row(f"{rows:,} rows, no drift: installations with a promotion", _share(fooled, runs)))
    table.add(
        SECTION,
        Row(
            f"{rows:,} rows, no drift: turns that promoted a worse model",
            _share(worse, turns),
            target="≤ 1 %",
            met=worse / turns <= 0.01,
        ),
    )
    assert max(alarms, promotions) / turns <= 0.05
    assert worse / turns <= 0.01


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize(
    ("points", "angle", "within", "target"), [(5, _FIVE_POINTS, 2, 0.95), (2, _TWO_POINTS, 6, 0.80)]
)
def test_a_loss_is_mended(
    rows: int, points: int, angle: float, within: int, target: float, new_world: NewWorld, table: Table
) -> None:
    mended = 0
    for seed in range(RUNS[rows]):
        world = new_world(rows, 100 + seed)
        for _ in range(5):
            world.turn()
        for _ in range(within):
            world.turn(angle)
        mended += world.lost[-1] < points / 200
    low, _high = wilson_interval(mended, RUNS[rows])
    words = f"{rows:,} rows, a loss of {points} points: mended within {within} datasets"
    table.add(
        SECTION,
        Row(words, _share(mended, RUNS[rows]), target=f"≥ {target:.0%}", met=low >= target),
    )
    assert mended / RUNS[rows] >= target, "the table says whether the lower end of the interval reaches it as well"


@pytest.mark.parametrize("rows", SIZES)
def test_slow_drift_is_followed(rows: int, new_world: NewWorld, table: Table) -> None:
    lost, worst = [], []
    turns = 90 if rows <= 100_000 else 30
    for seed in range(max(1, RUNS[rows] // 5)):
        world = new_world(rows, 300 + seed)
        for angle in range(turns):
            world.turn(float(angle))
        lost.append(np.mean(world.lost))
        worst.append(np.max(world.lost))
    mean, most = float(np.mean(lost)) * 100, float(np.max(worst)) * 100
    table.add(
        SECTION, Row(f"{rows:,} rows, 1° per dataset: mean loss", f"{mean:.2f} points", target="≤ 0.5", met=mean <= 0.5)
    )
    table.add(
        SECTION, Row(f"{rows:,} rows, 1° per dataset: worst loss", f"{most:.2f} points", target="≤ 2", met=most <= 2)
    )
    assert mean <= 0.5
    assert most <= 2


@pytest.mark.parametrize("rows", [1_000, 10_000, 100_000])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
@pytest.mark.parametrize("in_a_row", [1, 2])
def test_bad_data_does_no_harm(rows: int, damage: Damage, in_a_row: int, new_world: NewWorld, table: Table) -> None:
    most = 0.0
    for seed in range(max(2, RUNS[rows] // 5)):
        world = new_world(rows, 500 + seed)
        for _ in range(4):
            world.turn()
        for _ in range(in_a_row):
            world.turn(damage=damage)
        for _ in range(3):
            world.turn()
        most = max(most, *world.lost[4:])
    name = next(name for name, one in DAMAGES.items() if one is damage)
    words = f"{rows:,} rows, {in_a_row} × {name}: most that the serving model lost"
    table.add(SECTION, Row(words, f"{most * 100:.2f} points", target="≤ 2", met=most <= 0.02))
    assert most <= 0.02


@pytest.mark.parametrize("rows", [1_000, 10_000, 100_000])
def test_moved_features_train_nothing(rows: int, new_world: NewWorld, table: Table) -> None:
    trained = moves = 0
    for seed in range(max(2, RUNS[rows] // 4)):
        world = new_world(rows, 700 + seed)
        for spread in (1.0, 1.0, 1.0, 1.6, 2.0, 1.6, 0.6):
            world.turn(spread=spread)
        trained += len(world.registry.versions) - 1
        moves += 4
    table.add(
        SECTION,
        Row(
            f"{rows:,} rows, features move alone: trainings per dataset",
            _share(trained, moves),
            target="0",
            met=trained == 0,
        ),
    )
    assert trained == 0


def test_thirty_looks(new_world: NewWorld, table: Table) -> None:
    from core.loop import loop

    world = new_world(10_000, 900)
    world.turn()
    world.turn(60.0)
    for _ in range(30):
        loop.run_once("linear")
    measured = len([one for one in decisions.evaluations("linear") if one.dataset_id == 2])
    table.add(
        SECTION, Row("30 looks at one dataset: evaluations", str(measured), target="1 per model", met=measured == 1)
    )
    assert measured == 1
