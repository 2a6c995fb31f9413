"""``MLFLOW_TRACKING_URI`` names a real MLflow server: the loop turns as it does on a local file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core import datasets, decisions, loop, registry
from core.cli import trees
from core.serving import ChampionWatcher
from core.settings import Settings, get_settings
from tests.learning import make_dataset
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture
def server(tmp_path: Path, mlflow_template: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with its own database and files, which this process can reach over HTTP only."""
    url = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    store = ("--backend-store-uri", f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}")
    files = ("--artifacts-destination", str(tmp_path / "artifacts"))
    command = [sys.executable, "-m", "mlflow", "server", *store, *files, "--workers", "1"]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen([*command, "--port", url.rsplit(":", 1)[1]], env=environment, cwd=tmp_path)
    try:
        wait_until(lambda: _answers(url), timeout=120, what=f"MLflow at {url}")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        get_settings.cache_clear()
        yield url
    finally:
        trees.kill_all([*trees.below(process.pid), *trees.by_pid(process.pid)])
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def test_the_loop_turns_and_nothing_is_kept_here(server: str, settings: Settings) -> None:
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    make_dataset(seed=2, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    watcher = ChampionWatcher("linear")
    watcher.look()
    assert watcher.current is not None and watcher.current.version.version == 2
    loop.draw(watcher.current.version, datasets.latest("linear"))
    names = {item.path for item in registry.client().list_artifacts(watcher.current.version.run_id)}
    assert {"boundary.png", "export"} <= names
    assert list(settings.mlflow_dir.iterdir()) == []
