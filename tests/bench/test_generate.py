"""A million rows generated, stored and registered, against NumPy and ``to_parquet`` alone."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pytest

from core.auth.roles import SYSTEM
from core.config.progress import silent
from core.config.settings import Settings
from core.storage import datasets
from core.workloads.linear.workload import LinearParameters, LinearWorkload
from tests.bench.table import Row, Table

ROWS, ROUNDS = 1_000_000, 5


def _ours(seed: int) -> None:
    workload, parameters = LinearWorkload(), LinearParameters(rows=ROWS, seed=seed)
    stored = workload.generate(parameters, silent)
    made = datasets.register(stored, workload.name, parameters.model_dump(), SYSTEM)
    assert made.rows == ROWS


def _plain(seed: int, target: Path) -> None:
    """What somebody would type: the same columns and types, no atomic write, no hash, no catalog."""
    random = np.random.default_rng(seed)
    x1, x2 = random.standard_normal((2, ROWS))
    noisy = x1 + x2 + random.normal(0, 0.2, ROWS)
    frame = pd.DataFrame(
        {"x1": x1, "x2": x2, "label": (noisy > 0).astype(np.int8), "holdout": random.random(ROWS) < 0.2}
    )
    frame.to_parquet(target)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.timeout(600)
def test_generate_a_million_rows(table: Table, settings: Settings, tmp_path: Path) -> None:
    _ours(0)
    _plain(0, tmp_path / "warm.parquet")
    rounds = [
        (_seconds(lambda: _ours(seed)), _seconds(lambda: _plain(seed, tmp_path / f"{seed}.parquet")))  # noqa: B023
        for seed in range(1, ROUNDS + 1)
    ]
    ours, plain = (median(times) for times in zip(*rounds, strict=True))
    ratio = median(ours / plain for ours, plain in rounds)
    row = Row(
        "1,000,000 rows generated, stored and registered; baseline: NumPy and to_parquet",
        f"{ours:.2f} s",
        f"{plain:.2f} s",
        f"{ratio:.1f}×",
        "< 3×",
        ratio < 3,
    )
    table.add("Datasets", row)
    assert ratio < 20  # far from the target: something is broken, not slow
