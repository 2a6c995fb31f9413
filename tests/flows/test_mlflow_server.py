"""``MLFLOW_TRACKING_URI`` names a real MLflow server: the loop turns as it does on a local file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config.settings import Settings, get_settings
from core.loop import decisions, loop
from core.models import registry
from core.models.serving import ChampionWatcher
from core.storage import datasets
from tests.learning import make_dataset
from tests.mlflow_server import mlflow_server

pytestmark = pytest.mark.stack


@pytest.fixture
def server(tmp_path: Path, mlflow_template: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with its own database and files, which this process can reach over HTTP only."""
    (tmp_path / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    store = f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    with mlflow_server(tmp_path, store, str(tmp_path / "artifacts"), {}) as url:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        get_settings.cache_clear()
        yield url


def test_the_loop_turns_and_nothing_is_kept_here(server: str, settings: Settings) -> None:
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    make_dataset(seed=2, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    watcher = ChampionWatcher("linear")
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 2
    loop.draw(watcher.current.version, datasets.latest("linear"))
    names = {item.path for item in registry.client().list_artifacts(watcher.current.version.run_id)}
    assert {"boundary.png", "export"} <= names
    assert list(settings.mlflow_dir.iterdir()) == []
