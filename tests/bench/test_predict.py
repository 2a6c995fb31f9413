"""Predictions over HTTP: the same registered model behind several servers, the same points, in turns.

``BENTOML_PYTHON``: the interpreter of an environment with BentoML and scikit-learn; without it that row says so.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

import joblib
import numpy as np
import psutil
import pytest

from core.config.settings import ROOT, Settings
from core.vision.decode import encode
from core.workloads import of_kind
from tests.api.running import sidecar
from tests.bench.contenders import (
    CONNECTIONS,
    ONE_THREAD,
    Contender,
    Points,
    bentoml,
    empty_asgi,
    fastapi_sklearn,
    generator,
    mlflow_serve,
)
from tests.bench.load import Load
from tests.bench.table import Row, Table
from tests.hands import sign
from tests.waiting import wait_until

SECTION = "Predictions over HTTP"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))

Loads = dict[str, list[Load]]


@pytest.fixture
def ours(champion: Settings, secret: str) -> Iterator[Contender]:
    with sidecar(champion, **ONE_THREAD) as running:
        wait_until(running.is_ready, timeout=60)
        process = psutil.Process(running.process.pid)
        yield Contender("/predict", running.url + "/predict", process, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def others(champion: Settings, ours: Contender, tmp_path: Path) -> Iterator[list[Contender]]:
    """The baselines, all with the champion loaded; the empty application first."""
    import mlflow.sklearn

    mlflow.set_tracking_uri(champion.tracking_uri)
    model = tmp_path / "model.joblib"
    joblib.dump(mlflow.sklearn.load_model("models:/shifumi-linear@champion"), model)
    with ExitStack() as stack:
        started = [
            stack.enter_context(server)
            for server in (empty_asgi(champion, ours.headers), mlflow_serve(champion), fastapi_sklearn(champion, model))
        ]
        if python := os.environ.get("BENTOML_PYTHON"):
            started.append(stack.enter_context(bentoml(champion, model, python)))
        yield started


@pytest.mark.timeout(1800)
def test_predict(ours: Contender, others: list[Contender], table: Table, tmp_path: Path) -> None:
    empty, mlflow_server, *more = others
    long_route = replace(ours, name="/predict/linear", url=ours.url + "/linear")
    table.add(
        SECTION, Row("Idle memory with the model loaded", *(f"{c.memory_mb():.0f} MB" for c in (ours, mlflow_server)))
    )
    points: list[list[float]] = np.random.default_rng(3).normal(size=(1_000, 2)).tolist()
    expected = ours.classes(points)
    assert 0 < sum(expected) < 1_000
    assert all(asked.classes(points) == expected for asked in (long_route, mlflow_server, *more))
    loads = _in_turns([ours, long_route, *others], points[:1], tmp_path)
    for asked in (ours, long_route):
        _requests(table, asked, empty, loads, 1, at_least=0.7)
    _cpu(table, ours, empty, points[:1], tmp_path)
    _requests(table, ours, mlflow_server, loads, 1, at_least=8)
    for baseline in more:
        _requests(table, ours, baseline, loads, 1)
    if not os.environ.get("BENTOML_PYTHON"):
        table.add(SECTION, Row(_name(ours, "BentoML", 1), "", "not measured"))
    _latency(table, ours, mlflow_server, loads, 1)
    loads = _in_turns([ours, mlflow_server], points, tmp_path)
    _requests(table, ours, mlflow_server, loads, 1_000, at_least=6)
    _latency(table, ours, mlflow_server, loads, 1_000)


@pytest.mark.timeout(900)
def test_rows_beside_images(ours: Contender, table: Table, tmp_path: Path) -> None:
    """Images keep their own process busy; rows should hardly notice."""
    image, points = tmp_path / "image.jpg", [[0.4, 0.7]]
    image.write_bytes(encode(sign(0, seed=3)[0]))
    url = f"{ours.url}/{of_kind('images')[0].name}"
    headers = {"Content-Type": "image/jpeg", **ours.headers}
    _, images = _beside(ours, points, tmp_path, generator(url, image, headers, 2, 8.0))  # starts the process
    alone, beside, pictures = [], [], []
    for _ in range(ROUNDS):
        alone.append(ours.load(points, tmp_path))
        rows, images = _beside(ours, points, tmp_path, generator(url, image, headers, 2))
        beside.append(rows)
        pictures.append(images)
        assert rows.failed == images.failed == 0
    for name, unit in (("per_second", "/s"), ("p50_ms", " ms"), ("p95_ms", " ms"), ("p99_ms", " ms")):
        values = [median(getattr(load, name) for load in side) for side in (beside, alone)]
        ratio = median(getattr(a, name) / getattr(b, name) for a, b in zip(beside, alone, strict=True))
        told = (*(f"{value:,.1f}{unit}" for value in values), f"{ratio:.2f}×")
        table.add(SECTION, Row(f"Rows beside images, {name.split('_')[0]}; baseline: rows alone", *told))
    _never_waited(table, beside, pictures)
    answered = median(images.per_second for images in pictures)
    table.add(SECTION, Row("Images predicted meanwhile, 2 connections", f"{answered:.0f}/s"))


def _never_waited(table: Table, rows: list[Load], images: list[Load]) -> None:
    """A row that waited for an image would take as long as the image, whatever else keeps the machine busy."""
    row, image = median(load.p95_ms for load in rows), median(load.p50_ms for load in images)
    name = "Rows beside images, p95 of a row; baseline: p50 of an image"
    table.add(SECTION, Row(name, f"{row:,.1f} ms", f"{image:,.1f} ms", f"{row / image:.2f}×", "lower", row < image))
    assert all(mine.p50_ms < theirs.p50_ms for mine, theirs in zip(rows, images, strict=True))


def _beside(ours: Contender, points: Points, folder: Path, images: list[str]) -> tuple[Load, Load]:
    """Rows while images are sent."""
    with subprocess.Popen(images, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sending:
        rows = ours.load(points, folder)
        printed, _ = sending.communicate(timeout=120)
    return rows, Load(**json.loads(printed))


def _in_turns(contenders: list[Contender], points: Points, folder: Path) -> Loads:
    loads: Loads = {contender.name: [] for contender in contenders}
    for _ in range(ROUNDS):
        for contender in contenders:
            loads[contender.name].append(contender.load(points, folder))
    assert all(load.failed == 0 for measured in loads.values() for load in measured)
    return loads


def _cpu(table: Table, ours: Contender, empty: Contender, points: Points, folder: Path) -> None:
    """CPU time of the server per request, in turns."""
    rounds = [[c.load_and_cpu(points, folder)[1] for c in (ours, empty)] for _ in range(ROUNDS)]
    mine, theirs = (median(side) for side in zip(*rounds, strict=True))
    ratio = median(a / b for a, b in rounds)
    name = f"{ours.name}: CPU time of the server per request, 1 row; baseline: {empty.name}"
    table.add(SECTION, Row(name, f"{mine:.0f} µs", f"{theirs:.0f} µs", f"{ratio:.2f}×"))


def _name(ours: Contender, baseline: str, rows: int) -> str:
    return (
        f"{ours.name}: requests, {rows:,} row{'s' * (rows > 1)} each, {CONNECTIONS} connections; baseline: {baseline}"
    )


def _requests(
    table: Table, ours: Contender, baseline: Contender, loads: Loads, rows: int, at_least: float | None = None
) -> None:
    mine, theirs = loads[ours.name], loads[baseline.name]
    ratio = median(a.per_second / b.per_second for a, b in zip(mine, theirs, strict=True))
    rates = [f"{median(load.per_second for load in side):,.0f}/s" for side in (mine, theirs)]
    goal = ("", None) if at_least is None else (f"≥ {at_least:g}×", ratio >= at_least)
    table.add(SECTION, Row(_name(ours, baseline.name, rows), *rates, f"{ratio:.2f}×", *goal))


def _latency(table: Table, ours: Contender, baseline: Contender, loads: Loads, rows: int) -> None:
    for name in ("p50", "p99"):
        mine, theirs = (median(getattr(load, f"{name}_ms") for load in loads[c.name]) for c in (ours, baseline))
        figures = (f"{mine:.1f} ms", f"{theirs:.1f} ms", f"{mine / theirs:.2f}×")
        goal = ("lower", mine < theirs) if name == "p99" else ("", None)
        label = f"{name} latency, {rows:,} row{'s' * (rows > 1)} per request, {CONNECTIONS} connections"
        table.add(SECTION, Row(label, *figures, *goal))
