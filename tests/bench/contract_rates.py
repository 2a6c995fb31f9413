"""How often the data contract of rows rejects a clean dataset, and how often it finds each kind of bad one.

``python -m tests.bench.contract_rates [clean datasets] [bad datasets per kind] [rows]``: a table with the 95 %
intervals (Clopper and Pearson) of the shares. Every dataset is compared with five others of its world.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from scipy import stats

from core.workloads.rows.contract import findings
from core.workloads.rows.contract_rows import Rows, Schema
from tests.bad_rows import BAD, Arrays, linear
from tests.unit.workloads.rows.test_contract import NUMBER, THREE, TWO, numbers, three_classes

_REFERENCES = 5
_WORLDS: dict[str, tuple[Callable[..., Arrays], Schema, float]] = {
    "two classes": (linear, TWO, 45),
    "three classes": (three_classes, THREE, 0),
    "regression": (numbers, NUMBER, 30),
}


def _rejected(arrays: Arrays, world: str, rows: int, seed: int) -> bool:
    make, schema, angle = _WORLDS[world]
    references = [Rows.of(*make(rows, 1_000_000 + _REFERENCES * seed + place, angle)) for place in range(_REFERENCES)]
    return bool(findings(Rows.of(*arrays), references, None, schema))


def _line(name: str, hits: list[bool]) -> None:
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95, "exact")
    print(f"{name:40} {sum(hits):4} of {len(hits):4}  {interval.low:.1%} to {interval.high:.1%}", flush=True)


def main() -> None:
    """Print the table."""
    clean, bad, rows = (int(given) for given in (*sys.argv[1:], *("300", "20", "1000")[len(sys.argv) - 1 :]))
    for world, (make, _, angle) in _WORLDS.items():
        for turn in (0, 20, 90):
            hits = [_rejected(make(rows, seed, angle + turn), world, rows, seed) for seed in range(clean)]
            _line(f"clean, {world}, turned by {turn}°", hits)
    for kind, spoil in BAD.items():
        for world in ("two classes", "three classes"):
            make, _, angle = _WORLDS[world]
            hits = [_rejected(spoil(make(rows, seed, angle)), world, rows, seed) for seed in range(bad)]
            _line(f"{kind}, {world}", hits)


if __name__ == "__main__":
    main()
