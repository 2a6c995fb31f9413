"""A lost catalog is no new installation: nothing is created over what people made, and nothing of it is deleted."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.auth import users
from core.auth.roles import SYSTEM, Role
from core.catalog import migrate
from core.catalog.engine import engine_for, writing
from core.catalog.tables import Dataset, Decision
from core.cli.__main__ import main
from core.cli.checks.orphans import SWEEP_AFTER_S
from core.cli.checks.services import check_services
from core.config.settings import Settings, get_settings
from core.images import UPLOAD, store
from tests.learning import make_dataset, make_versions
from tests.pictures_of_hands import HANDS, picture


@pytest.fixture
def lived_in(settings: Settings) -> Dataset:
    """A user, pictures and a dataset, all from yesterday."""
    users.add_user(SYSTEM, "ada", "Ada", Role.ADMIN, "correct horse battery")
    for seed in range(3):
        store.add(SYSTEM, picture(seed), HANDS, source=UPLOAD, session="s")
    dataset = make_dataset()
    for file in files_of(settings):
        then = time.time() - SWEEP_AFTER_S - 60
        os.utime(file, (then, then))
    return dataset


def files_of(settings: Settings) -> list[Path]:
    return [file for folder in (settings.lake_dir, settings.images_dir) for file in folder.rglob("*") if file.is_file()]


def emptied(settings: Settings) -> None:
    """``: > data/catalog.db`` of a stopped installation."""
    engine_for(settings.catalog_url).dispose()
    (settings.data_dir / "catalog.db").write_bytes(b"")


def removed(settings: Settings) -> None:
    engine_for(settings.catalog_url).dispose()
    (settings.data_dir / "catalog.db").unlink()


@pytest.mark.parametrize("lose", [emptied, removed])
@pytest.mark.parametrize("command", [["run"], ["migrate"], ["user", "list"]])
def test_no_new_catalog_is_made_over_what_people_made(
    settings: Settings,
    lived_in: Dataset,
    lose: Callable[[Settings], None],
    command: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    lose(settings)
    assert main(command) == 1
    said = capsys.readouterr()
    assert "1 datasets, 3 images" in said.err and "restore FILE" in said.err and "--new-catalog" in said.err
    assert "password" not in said.out
    catalog = settings.data_dir / "catalog.db"
    assert not catalog.exists() or not catalog.stat().st_size


@pytest.mark.postgres
def test_an_empty_database_server_is_no_new_installation(
    lived_in: Dataset, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", postgres_url)
    get_settings.cache_clear()
    assert main(["migrate"]) == 1
    assert "1 datasets, 3 images" in capsys.readouterr().err
    assert main(["migrate", "--new-catalog"]) == 0
    migrate.downgrade("base")


def test_runs_in_mlflow_alone_count(mlflow_store: Path, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    from mlflow import MlflowClient

    emptied(settings)
    client = MlflowClient(settings.tracking_uri)
    assert main(["migrate"]) == 0, "a store without runs is a new one"
    emptied(settings)
    client.create_run("0")
    assert main(["migrate"]) == 1
    assert "runs in MLflow" in capsys.readouterr().err


def test_a_new_catalog_can_be_made_on_purpose(settings: Settings, lived_in: Dataset) -> None:
    emptied(settings)
    before = files_of(settings)
    assert main(["migrate", "--new-catalog"]) == 0
    assert users.count_users() == 1
    assert files_of(settings) == before


def test_nothing_is_lost_when_the_doctor_repairs_over_a_new_catalog(
    settings: Settings, lived_in: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    emptied(settings)
    assert main(["migrate", "--new-catalog"]) == 0
    before = files_of(settings)
    assert main(["doctor", "--fix"]) == 1
    assert "3 of 3 image files are unknown to the catalog" in capsys.readouterr().out
    assert files_of(settings) == before


def test_all_orphans_are_set_aside_on_purpose_and_come_back(settings: Settings, lived_in: Dataset) -> None:
    good = settings.data_dir / "good.db"
    engine_for(settings.catalog_url).dispose()
    shutil.copyfile(settings.data_dir / "catalog.db", good)
    contents = {file.name: file.read_bytes() for file in files_of(settings)}
    emptied(settings)
    assert main(["migrate", "--new-catalog"]) == 0
    main(["doctor", "--fix", "--all-orphans"])
    assert files_of(settings) == []
    engine_for(settings.catalog_url).dispose()
    for old in settings.data_dir.glob("catalog.db*"):
        old.unlink()
    good.rename(settings.data_dir / "catalog.db")
    main(["doctor", "--fix"])
    assert {file.name: file.read_bytes() for file in files_of(settings)} == contents


def test_a_garbled_catalog_is_named(settings: Settings, lived_in: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    engine_for(settings.catalog_url).dispose()
    (settings.data_dir / "catalog.db").write_bytes(b"no database" * 1000)
    assert main(["migrate"]) == 1
    said = capsys.readouterr().err
    assert "cannot be read (file is not a database)" in said and "doctor" in said


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_the_doctor_sees_that_mlflows_store_was_lost(
    mlflow_store: Path, settings: Settings, lose: Callable[[Path], object]
) -> None:
    def said() -> list[str]:
        return [one.level for one in check_services(settings, fix=False) if "it was lost" in one.text]

    [version] = make_versions(1)
    with writing() as session:
        session.add(Decision(workload="linear", kind="promoted", reason=(), challenger_version=version.version))
    assert said() == []
    engine_for(settings.tracking_uri).dispose()
    lose(mlflow_store)
    assert said() == ["problem"]
