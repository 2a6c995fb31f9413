"""The doctor finds what we break, names a remedy, and mends only what is safe."""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from core.auth import users
from core.auth.roles import SYSTEM, Role
from core.catalog.tables import Dataset
from core.cli.__main__ import main
from core.cli.checks.environment import check_environment, check_packages, check_programs
from core.cli.checks.lake import check_lake
from core.cli.checks.orphans import SWEEP_AFTER_S, Repair
from core.cli.checks.services import check_services
from core.cli.checks.storage import check_catalog, check_folder, holders_of
from core.cli.findings import Finding
from core.config.settings import Settings, get_settings
from core.monitoring.run_record import RunRecord, run_file, write_run_record
from core.storage import datasets, lake, lost_and_found
from core.storage.object_store import Entry
from tests.ports import free_port


@pytest.fixture(autouse=True)
def own_ports(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKBENCH", "API", "PREFECT", "MLFLOW"):
        monkeypatch.setenv(f"SHIFUMI_{name}_PORT", str(free_port()))
    get_settings.cache_clear()


@pytest.fixture
def admin() -> None:
    users.add_user(SYSTEM, "chief", "", Role.ADMIN, "correct horse battery")


@pytest.fixture
def dataset() -> Dataset:
    import numpy as np

    stored = lake.write({"x": np.arange(100.0)}, "linear")
    return datasets.register(stored, "linear", {}, SYSTEM)


def worst(findings: Iterable[Finding]) -> Finding:
    """The one finding that is not fine; all others must be."""
    [bad] = [finding for finding in findings if finding.level != "ok"]
    assert bad.remedy, "every complaint says what to do"
    return bad


def test_a_sound_installation_has_no_problem(admin: None, dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    get_settings().data_dir.chmod(0o700)
    assert main(["doctor", "--deep"]) == 0
    out = capsys.readouterr().out
    assert "PROBLEM" not in out
    assert "0 problems" in out
    assert "(contents)" in out


def test_a_problem_ends_with_exit_code_one(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    assert "No enabled admin" in capsys.readouterr().out


def test_a_missing_dataset_file_is_found(settings: Settings, dataset: Dataset) -> None:
    (settings.lake_dir / dataset.path).unlink()
    found = worst(check_lake(settings, deep=False))
    assert found.level == "problem"
    assert f"Dataset {dataset.id}" in found.text and "missing" in found.text


def test_a_changed_byte_is_found_by_a_deep_look(settings: Settings, dataset: Dataset) -> None:
    file = settings.lake_dir / dataset.path
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert [finding.level for finding in check_lake(settings, deep=False)] == ["ok", "ok"]
    assert "damaged" in worst(check_lake(settings, deep=True)).text


def test_old_orphans_are_reported_and_swept_new_ones_left_alone(settings: Settings, dataset: Dataset) -> None:
    folder = settings.lake_dir / "linear"
    old, new = folder / "old.parquet", folder / ".new.tmp"
    for file in (old, new):
        file.write_bytes(b"x" * 1000)
    long_ago = time.time() - SWEEP_AFTER_S - 60
    os.utime(old, (long_ago, long_ago))
    found = worst(check_lake(settings, deep=False))
    assert found.level == "warning" and "1 files" in found.text
    assert old.exists()
    assert all(finding.level == "ok" for finding in check_lake(settings, Repair(fix=True), deep=False))
    assert (old.exists(), new.exists()) == (False, True)
    [kept] = settings.lost_dir.glob("*/lake/linear/old.parquet")
    assert kept.read_bytes() == b"x" * 1000, "set aside, not deleted"
    listed = (kept.parents[2] / "lake.tsv").read_text().splitlines()
    assert listed[1].split("\t")[:2] == ["linear/old.parquet", "1000"]
    assert (settings.lake_dir / dataset.path).exists()


def test_the_lost_and_found_of_a_volume_is_left_alone(
    settings: Settings, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ext4 makes one for root in a volume's root; as root the tests may write everywhere."""
    reserved, usable = settings.data_dir / "lost+found", os.access
    assert settings.lost_dir == reserved
    reserved.mkdir()
    assert settings.lost_dir == reserved, "our own"
    monkeypatch.setattr(os, "access", lambda path, mode: path != reserved and usable(path, mode))
    assert settings.lost_dir == settings.data_dir / "lost+found-shifumi"
    file = settings.lake_dir / dataset.path
    about = file.stat()
    moved = lost_and_found.put_aside("lake", [Entry(dataset.path, about.st_size, about.st_mtime)])
    assert Path(moved).parent == settings.lost_dir and not file.exists()
    assert any("Moved 1 files" in one.text for one in check_lake(settings, Repair(fix=True), deep=False))
    assert file.exists() and not list(reserved.iterdir())


def test_a_damaged_catalog_is_found(settings: Settings, admin: None) -> None:
    path = settings.data_dir / "catalog.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [root] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name='ix_audit_events_at'").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    assert "damaged" in worst(check_catalog(settings)).text


def test_a_catalog_from_another_version_is_found(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data_dir / "catalog.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num='0000'")
        connection.commit()
    found = worst(check_catalog(settings))
    assert "0000" in found.text and "manage.py migrate" in found.remedy


def test_a_catalog_whose_tables_were_taken_back_is_found(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data_dir / "catalog.db")) as connection:
        connection.execute("DELETE FROM alembic_version")
        connection.commit()
    found = worst(check_catalog(settings))
    assert "no tables yet" in found.text and "manage.py migrate" in found.remedy


def test_a_locked_catalog_is_found(settings: Settings, admin: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.checks.storage._LOCK_PATIENCE_S", 0.1)
    with closing(sqlite3.connect(settings.data_dir / "catalog.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        found = worst(check_catalog(settings))
    assert found.level == "problem" and "locked" in found.text


@pytest.mark.skipif(not psutil.LINUX, reason="elsewhere other processes' files may be hidden")
def test_whoever_has_a_file_open_is_named(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "held"
    path.touch()
    program = f"file = open({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        [name] = holders_of(path)
        assert f"({holder.pid})" in name
        holder.communicate(b"\n")


def test_a_full_disk_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.data_dir.chmod(0o700)
    monkeypatch.setattr(settings, "min_free_disk_mb", 10**12)
    found = worst(check_folder(settings, fix=False))
    assert found.level == "problem" and "SHIFUMI_DATA_DIR" in found.remedy


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_an_open_data_folder_is_found_and_closed(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)
    assert worst(check_folder(settings, fix=False)).level == "warning"
    assert settings.data_dir.stat().st_mode & 0o777 == 0o755, "nothing is changed without --fix"
    assert all(finding.level == "ok" for finding in check_folder(settings, fix=True))
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700


def test_an_installation_that_was_never_started_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as environment:
        environment.setenv("SHIFUMI_DATA_DIR", str(tmp_path / "never"))
        get_settings.cache_clear()
        assert main(["doctor"]) == 0
        assert not (tmp_path / "never").exists(), "looking makes nothing"


def test_a_busy_port_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("SHIFUMI_API_PORT", str(listener.getsockname()[1]))
        get_settings.cache_clear()
        found = worst(check_services(get_settings(), fix=False))
    assert found.level == "problem" and "SHIFUMI_API_PORT" in found.text


def test_a_killed_run_is_found_and_cleaned_up(settings: Settings) -> None:
    write_run_record(settings.run_dir, RunRecord(os.getpid(), 1.0, time.time()))
    assert "was killed" in worst(check_services(get_settings(), fix=False)).text
    assert run_file(settings.run_dir).exists()
    assert all(finding.level == "ok" for finding in check_services(get_settings(), fix=True))
    assert not run_file(settings.run_dir).exists()


def test_packages_that_differ_from_the_pins_are_named(tmp_path: Path) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("# a comment\npytest==0.1\nno-such-thing==1\npip>1\nelsewhere==1 ; sys_platform == 'beos'\n")
    found = worst(check_packages(pins))
    assert "pytest is" in found.text and "no-such-thing is missing" in found.text
    assert "pip" not in found.text and "elsewhere" not in found.text


def test_a_program_that_only_tests_need_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from core.cli import programs

    gone = replace(programs.PROGRAMS[1], find=lambda: None)
    monkeypatch.setattr(programs, "PROGRAMS", (gone,))
    assert worst(check_programs()).level == "warning"


def test_an_opencv_that_does_not_load_is_a_problem_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = next(one for one in check_environment() if "OpenCV" in one.text)
    assert found.level == "problem"
    assert "libGL.so.1" in found.text and "libgl1" in found.remedy
    monkeypatch.delenv("PYTHONPATH")
    assert next(one for one in check_environment() if "OpenCV" in one.text).level == "ok"
