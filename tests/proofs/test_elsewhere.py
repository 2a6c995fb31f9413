"""Every service elsewhere, by variables alone: catalog, Prefect and MLflow in PostgreSQL, files on S3."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, inspect, text

from core.auth import users
from core.auth.roles import SYSTEM, Actor, Role
from core.backup.create import create_backup
from core.backup.restore import restore
from core.catalog import engine, migrate
from core.cli.checks.images import check_images
from core.cli.checks.lake import check_lake, check_place
from core.cli.checks.storage import check_catalog
from core.cli.stack import stack
from core.config.progress import silent
from core.config.settings import Settings, get_settings
from core.loop import decisions, loop, training
from core.models import registry
from core.models.serving import ChampionWatcher
from core.predictions import files as prediction_files
from core.storage import buckets, datasets
from tests.learning import make_dataset
from tests.mlflow_server import mlflow_server
from tests.ports import free_port
from tests.prefect_server import running
from tests.s3 import client, make_bucket, use_bucket

pytestmark = [pytest.mark.stack, pytest.mark.postgres]
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_DEFAULT_REGION": "us-east-1"}


def database(server: str, name: str) -> str:
    """An empty database of that name."""
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
def all_elsewhere(
    settings: Settings, postgres_url: str, s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Only the settings' variables say where anything is."""
    bucket = make_bucket(s3_server)
    use_bucket(monkeypatch, s3_server, f"s3://{bucket}/shifumi")
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", database(postgres_url, "catalog"))
    (settings.data_dir / "catalog.db").unlink()
    store = database(postgres_url, "mlflow").replace("postgresql://", "postgresql+psycopg://")
    environment = KEYS | {"AWS_ENDPOINT_URL": s3_server, "MLFLOW_S3_ENDPOINT_URL": s3_server}
    with mlflow_server(tmp_path, store, f"s3://{bucket}/mlflow", environment) as url:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        get_settings.cache_clear()
        migrate.upgrade()
        yield get_settings()
        engine.get_engine().dispose()


def objects_below(settings: Settings, s3_server: str, prefix: str) -> list[str]:
    assert settings.lake_url is not None
    found: list[str] = client(s3_server).find(f"{settings.lake_url.split('/')[2]}/{prefix}")
    return found


@pytest.mark.timeout(600)
def test_the_loop_turns_with_everything_elsewhere(
    all_elsewhere: Settings, s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add_user(SYSTEM, "chief", "", Role.ADMIN, "correct horse battery")
    make_dataset(seed=1)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    make_dataset(seed=2, angle=135)
    shutil.rmtree(all_elsewhere.cache_dir)
    assert loop.run_once("linear").kind == decisions.PENDING
    make_dataset(seed=3, angle=135)
    assert loop.run_once("linear").kind == decisions.PROMOTED
    watcher = ChampionWatcher("linear")
    watcher.refresh()
    assert watcher.current is not None and watcher.current.version.version == 2
    training.draw(watcher.current.version, datasets.latest("linear"))
    name = prediction_files.save_upload(Actor("eve", Role.VIEWER), "linear", io.BytesIO(b"x1,x2\n1,2\n"))
    assert prediction_files.predict_file("linear", name, "job-1", silent).version == 2
    assert len(objects_below(all_elsewhere, s3_server, "shifumi/lake/")) == 3
    assert any("boundary.png" in key for key in objects_below(all_elsewhere, s3_server, "mlflow/"))
    kept = {path.relative_to(all_elsewhere.data_dir).parts[0] for path in _files(all_elsewhere.data_dir)}
    assert kept <= {"cache", "run", "logs"}
    settings = all_elsewhere
    for found in (
        check_catalog(settings),
        check_place(settings),
        check_lake(settings, deep=True),
        check_images(settings, deep=True),
    ):
        assert [one for one in found if one.level != "ok"] == []

    manifest = create_backup(all_elsewhere, tmp_path / "all.zip", lambda _text: None)
    assert [note for note in manifest.notes if "MLflow server" in note] == manifest.notes
    for variable in ("SHIFUMI_DATABASE_URL", "SHIFUMI_LAKE_URL"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "laptop"))
    get_settings.cache_clear()
    get_settings().make_folders()
    restore(get_settings(), tmp_path / "all.zip", lambda _text: None)
    assert [one.id for one in datasets.listed("linear")] == [3, 2, 1]
    assert len(list(buckets.listing("lake"))) == 3
    champion = registry.champion("linear")  # the MLflow server is where it was
    assert champion is not None and champion.version == 2


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.timeout(300)
def test_prefect_keeps_its_history_in_postgres(
    settings: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the very process that ``manage.py run`` starts."""
    url = database(postgres_url, "prefect")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", url)
    monkeypatch.setenv("SHIFUMI_PREFECT_PORT", str(free_port()))
    get_settings.cache_clear()
    spec = next(spec for spec in stack(get_settings()) if spec.name == "prefect")
    with running(spec, settings.data_dir / "prefect.out"):
        api = get_settings().prefect_api
        made = httpx.post(f"{api}/flows/", json={"name": "kept"}, timeout=10)
        assert made.status_code in (200, 201)
    assert not (settings.prefect_home / "prefect.db").exists()
    own = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with own.connect() as connection:
        assert {"flow", "flow_run", "deployment"} <= set(inspect(connection).get_table_names())
        assert connection.scalar(text("SELECT count(*) FROM flow WHERE name = 'kept'")) == 1
    own.dispose()
