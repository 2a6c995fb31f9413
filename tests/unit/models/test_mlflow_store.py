"""The MLflow store appears whole or not at all."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient

from core.cli import process_trees
from core.config.settings import ROOT
from core.models import mlflow_store
from tests.waiting import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "mlflow" / "mlflow.db"


_MAKER = """
import sys; from pathlib import Path; from core.models.mlflow_store import make_store
make_store(Path(sys.argv[1]))
"""

_HALT = """
import pathlib, sqlite3.dbapi2, threading

def halt(statement):
    if statement.lstrip().startswith("CREATE TABLE metrics"):
        pathlib.Path({sign!r}).touch()
        threading.Event().wait()

def connect(*arguments, _connect=sqlite3.dbapi2.connect, **options):
    connection = _connect(*arguments, **options)
    connection.set_trace_callback(halt)
    return connection

sqlite3.dbapi2.connect = connect
"""
"""As ``sitecustomize`` it halts MLflow's own command for good in the middle of its tables."""


def test_a_maker_killed_in_the_middle_leaves_no_store_and_its_ruin_is_swept(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halting, middle = tmp_path / "halting", tmp_path / "middle"
    halting.mkdir()
    (halting / "sitecustomize.py").write_text(_HALT.format(sign=str(middle)))
    maker = subprocess.Popen(
        [sys.executable, "-c", _MAKER, str(store)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(halting)}
    )
    family: list[psutil.Process] = []
    try:
        # This is when MLflow's own way would leave a ruin under the real name.
        wait_until(lambda: middle.exists() or maker.poll() is not None, timeout=240, every=0.01)
        assert maker.poll() is None, "it ended instead of halting"
        family = process_trees.descendants(maker.pid)
    finally:
        process_trees.kill_all([*process_trees.by_pid(maker.pid), *family])
        maker.wait()
    assert not store.exists()
    ruins = list(store.parent.glob("*.new*"))
    assert ruins and all(ruin.stat().st_size for ruin in store.parent.glob("*.new"))
    for ruin in ruins:
        os.utime(ruin, (time.time() - 3600,) * 2)
    monkeypatch.setattr(mlflow_store, "_create_tables", lambda fresh: fresh.write_bytes(b"whole"))
    mlflow_store.make_store(store)
    assert [file.name for file in store.parent.iterdir()] == ["mlflow.db"]


def test_what_is_made_is_a_store_that_mlflow_can_open(store: Path) -> None:
    mlflow_store.make_store(store)
    assert [file.name for file in store.parent.iterdir()] == ["mlflow.db"]
    names = [one.name for one in MlflowClient(f"sqlite:///{store.as_posix()}").search_experiments()]
    assert names == ["Default"]


def test_an_existing_store_is_left_alone(store: Path) -> None:
    store.parent.mkdir()
    store.write_bytes(b"precious")
    mlflow_store.make_store(store)
    assert store.read_bytes() == b"precious"


def test_the_second_of_two_makers_does_not_replace_the_first(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_ready = threading.Barrier(2, timeout=10)

    def tables(fresh: Path) -> None:
        fresh.write_bytes(b"first" if threading.current_thread().name == "first" else b"second")
        both_ready.wait()
        if fresh.read_bytes() == b"second":
            wait_until(store.exists)

    monkeypatch.setattr(mlflow_store, "_create_tables", tables)
    pids = {"first": 1, "second": 2}
    monkeypatch.setattr(os, "getpid", lambda: pids[threading.current_thread().name])
    makers = [threading.Thread(target=mlflow_store.make_store, args=(store,), name=name) for name in pids]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(timeout=20)
    assert store.read_bytes() == b"first"


def test_a_failure_says_why_and_leaves_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match="could not create its tables"):
        mlflow_store.make_store(store)
    assert list(store.parent.iterdir()) == []
