"""A trained model for the tests of the sidecar, and the ways to ask it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

# Before the sidecar, which would import a lighter MLflow than the other tests of this process need.
import mlflow  # noqa: F401
import pytest

from core.api.app import SidecarApp, create_app
from core.auth.roles import SYSTEM
from core.auth.tokens import create_token
from core.config.settings import ROOT, Settings
from tests.api.client import Client
from tests.once import once_per_run

_MADE_AT = "/made"
"""Stands for the folder in the addresses of artifacts, which are absolute, until a test copies it."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Path:
    """A data folder with two model versions (see :mod:`tests.api.making`), made once per run."""

    def make(folder: Path) -> None:
        (folder / "mlflow").mkdir(parents=True)
        shutil.copyfile(mlflow_template, folder / "mlflow" / "mlflow.db")
        # MLflow notes in the environment where a test before this one kept its runs.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "SHIFUMI_"))}
        environment = inherited | {"SHIFUMI_DATA_DIR": str(folder)}
        subprocess.run([sys.executable, "-m", "tests.api.making"], cwd=ROOT, env=environment, check=True, timeout=240)
        _address_artifacts(folder, str(folder), _MADE_AT)

    return once_per_run(tmp_path_factory, "models", make)


def _address_artifacts(folder: Path, old: str, new: str) -> None:
    with closing(sqlite3.connect(folder / "mlflow" / "mlflow.db")) as store, store:
        moved = ("UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?)", (old, new))
        assert store.execute(*moved).rowcount == 2


def copy_models(models: Path, data_dir: Path) -> None:
    """Give ``data_dir`` a copy of the two versions; version 2 is the champion."""
    for part in ("mlflow", "lake", "catalog.db"):
        source, target = models / part, data_dir / part
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copyfile(source, target)
    _address_artifacts(data_dir, _MADE_AT, str(data_dir))


@pytest.fixture
def champion(models: Path, settings: Settings) -> Settings:
    """This test's own copy of the two versions; version 2 is the champion."""
    copy_models(models, settings.data_dir)
    return settings


@pytest.fixture
def secret(settings: Settings) -> str:
    """A token with the scope ``predict``."""
    return create_token(SYSTEM, "tests", ["predict"], days=1)[0]


@pytest.fixture
def app(settings: Settings) -> Iterator[SidecarApp]:
    """The application in this process, without its background threads and without a model."""
    made = create_app(settings)
    yield made
    made.sidecar.verifier.close()


@pytest.fixture
def serving(app: SidecarApp, champion: Settings) -> SidecarApp:
    """The application with the champion loaded."""
    app.sidecar.watcher.refresh()
    assert app.sidecar.watcher.current is not None, app.sidecar.watcher.problem
    return app


@pytest.fixture
def anonymous(app: SidecarApp) -> Client:
    """Asks without a token."""
    return Client(app)


@pytest.fixture
def client(serving: SidecarApp, secret: str) -> Client:
    """Asks the loaded application with a good token."""
    return Client(serving, {"Authorization": f"Bearer {secret}"})
