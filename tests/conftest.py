"""Each test gets its own data folder with a migrated catalog, and none of the developer's environment."""

import os
import shutil
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from httpx._transports import default as httpx_transports

from core.catalog import engine as catalog_engine
from core.catalog.migrate import upgrade
from core.config.settings import Settings, get_settings
from tests.once import once_per_run
from tests.waiting import wait_until

# No deadline: a pause of a busy machine is no slow function. In CI the same examples each time: what a change breaks
# shows in its own run, and what random examples find shows on a developer's machine.
hypothesis.settings.register_profile(
    "shifumi",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("shifumi")

pytest_plugins = [
    "tests.file_order",
    "tests.example_packages",
    "tests.postgres",
    "tests.old_catalog",
    "tests.prefect_server",
    "tests.prefect_rows",
    "tests.workers",
    "tests.s3",
    "tests.small_disk",
]

_WATCHERS = ("prediction-log", "catalog-probe", "catalog-figures", "watch-", "mlflow-import", "live-champion")
_OURS = ("SHIFUMI_", "MLFLOW_TRACKING_URI", "PREFECT_API_URL", "PREFECT_API_DATABASE_CONNECTION_URL", "AWS_")


def forget_environment(patch: pytest.MonkeyPatch) -> None:
    """None of the developer's own settings, and no ``.env``."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        patch.delenv(name)
    patch.setitem(Settings.model_config, "env_file", None)


def _watchers() -> list[str]:
    """Threads of ours that ask the catalog again and again, whichever the settings name by then."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(_WATCHERS)]


@pytest.fixture(scope="session")
def catalog_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly migrated SQLite catalog: copying it is faster than migrating for each test."""

    def migrate(path: Path) -> None:
        url = f"sqlite:///{path.as_posix()}"
        upgrade(url)
        catalog_engine.engine_for(url).dispose()

    return once_per_run(tmp_path_factory, "catalog.db", migrate)


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """httpx reads the machine's certificates for each client, also for one that asks plain http once.

    That takes 30 ms of CPU, and while a server starts it is asked ten to fifty times a second: whoever waited used
    a third of a core, which the server needed. What is installed stays the same meanwhile.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx_transports, "create_ssl_context", cache(httpx_transports.create_ssl_context))
        yield


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """bcrypt's lowest cost: a test that makes five users should not hash for a second and a half."""
    monkeypatch.setattr("core.auth.passwords.COST", 4)


@pytest.fixture(autouse=True)
def patient_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no broken service: what does answer here may take its time."""
    monkeypatch.setattr("core.config.probe.PROBE_TIMEOUT_S", 20.0)
    monkeypatch.setattr("core.monitoring.health._ANSWER_WITHIN_S", 30.0)


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty MLflow store: creating its tables takes seconds, copying the file does not."""

    def make(path: Path) -> None:
        from mlflow import MlflowClient

        MlflowClient(f"sqlite:///{path.as_posix()}").search_experiments()

    from mlflow.store.db import utils

    with pytest.MonkeyPatch.context() as patch:
        # To open a store MLflow reads all its migrations for their last number: a third of what a new store costs.
        patch.setattr(utils, "_get_latest_schema_revision", cache(utils._get_latest_schema_revision))
        yield once_per_run(tmp_path_factory, "mlflow.db", make)


@pytest.fixture
def mlflow_store(mlflow_template: Path, settings: Settings) -> Path:
    """Gives this test an MLflow store whose tables exist already."""
    return Path(shutil.copyfile(mlflow_template, settings.mlflow_dir / "mlflow.db"))


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog_template: Path) -> Iterator[Settings]:
    """The settings of this test: data under its own folder, no ``.env`` of the developer."""
    forget_environment(monkeypatch)
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "data"))
    # Tests run beside each other: who wants figures takes a free port.
    for process in ("WORKBENCH", "RUNNER", "WORKER"):
        monkeypatch.setenv(f"SHIFUMI_{process}_METRICS_PORT", "0")
    get_settings.cache_clear()
    current = get_settings()
    current.make_folders()
    shutil.copyfile(catalog_template, current.data_dir / "catalog.db")
    yield current
    wait_until(lambda: not _watchers(), timeout=20, what="a thread was left that reads the next test's catalog")
    catalog_engine.get_engine().dispose()
    catalog_engine.engine_for.cache_clear()
    get_settings.cache_clear()
