"""A full, a read-only and a forbidden disk, all real: nothing dies of them, and writing resumes by itself."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from loguru import logger

from core.auth import users
from core.auth.session_cookie import cookie_key, issue, sign, verify
from core.catalog.engine import CatalogUnavailableError, reading
from core.catalog.health_tables import HealthSample
from core.catalog.tables import utcnow
from core.cli.__main__ import main
from core.cli.bootstrap import prepare_data
from core.cli.checks.storage import check_folder
from core.cli.errors import CommandError
from core.config import disk
from core.config.logs import setup_logging
from core.config.settings import Settings, get_settings
from core.loop import retention
from core.loop.retention import Pruned
from core.monitoring.health import component_states
from core.monitoring.health_sampler import Sampler
from core.monitoring.run_record import read_run_record
from core.storage import file_cache
from tests.learning import make_versions
from tests.people import make_user
from tests.ports import free_port
from tests.small_disk import SmallDisk
from tests.supervise import spec
from tests.unit.cli.test_supervisor import driven
from tests.waiting import wait_until


def test_the_supervisor_survives_a_full_disk_and_writes_its_record_again(small_disk: SmallDisk) -> None:
    folder = small_disk.folder
    with driven([spec("api", port=free_port()), spec("other")], folder) as stack:
        stack.until(lambda: stack.is_healthy("api") and stack.is_healthy("other"))
        with small_disk.full():
            first = stack.process("api").record.pid
            assert first is not None
            psutil.Process(first).kill()
            stack.until(lambda: stack.process("api").record.restarts == 1)
            stack.until(lambda: stack.is_healthy("api"), "it was not restarted on a full disk")
            before = read_run_record(folder)
            assert before is not None and before.processes["api"].restarts == 0, "the old record stays whole"
        stack.until(lambda: (now := read_run_record(folder)) and now.processes["api"].restarts == 1)
    assert not list(folder.glob(".*.tmp"))


def test_the_supervisor_works_on_a_read_only_disk(small_disk: SmallDisk) -> None:
    (small_disk.folder / "api.out").write_text("of the run before")
    with small_disk.read_only(), driven([spec("api", port=free_port())], small_disk.folder) as stack:
        stack.until(lambda: stack.is_healthy("api"))
        assert read_run_record(small_disk.folder) is None


@pytest.fixture
def quiet_logging() -> Iterator[None]:
    yield
    logger.remove()


@pytest.mark.usefixtures("quiet_logging")
def test_logs_go_on_when_there_is_room_again(
    data_on_small_disk: SmallDisk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_REMEMBER_S", 0.0)  # each record asks again
    file = get_settings().logs_dir / "tested.jsonl"
    setup_logging("tested", get_settings())
    logger.info("with room")
    with data_on_small_disk.full():
        wait_until(lambda: disk.trouble(get_settings().logs_dir))
        logger.info("no room")
    logger.info("room again")
    assert [json.loads(line)["message"] for line in file.read_text().splitlines()] == ["with room", "room again"]
    said = capsys.readouterr().err
    assert "no room" in said and "Logging error" not in said


@pytest.mark.usefixtures("quiet_logging")
def test_a_process_starts_without_its_log(data_on_small_disk: SmallDisk) -> None:
    with data_on_small_disk.read_only():
        setup_logging("tested", get_settings())
        logger.info("read-only")
    assert not list(get_settings().logs_dir.iterdir())


def test_people_can_log_in_without_a_saved_key_and_stay_logged_in(data_on_small_disk: SmallDisk) -> None:
    make_user("ada")
    file = get_settings().run_dir / "cookie.key"
    with data_on_small_disk.full():
        sealed = sign(issue("ada"))
        assert verify(sealed) is not None
        assert not file.exists()
    assert verify(sealed) is not None, "the same key is saved"
    assert file.read_bytes() == cookie_key()
    file.unlink()
    assert verify(sealed) is None, "deleting the file still ends all sessions"


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_that_anybody_could_guess_is_replaced(settings: Settings, content: bytes) -> None:
    (settings.run_dir / "cookie.key").write_bytes(content)
    assert len(cookie_key()) == 64
    assert (settings.run_dir / "cookie.key").read_bytes() == cookie_key()


def test_health_samples_wait_for_room(data_on_small_disk: SmallDisk) -> None:
    def written() -> int:
        with reading() as session:
            return session.query(HealthSample).count()

    sampler = Sampler(30.0)
    users.count_users()  # the catalog is open, as in a process that runs
    with data_on_small_disk.full():
        for minute in range(3):
            sampler.take(utcnow() - timedelta(minutes=60 - minute))
        assert sampler.problem is not None and "full" in sampler.problem
        assert written() == 0
    sampler.take()
    assert sampler.problem is None
    assert written() > 0


def test_a_full_disk_is_said_in_one_sentence_and_reading_goes_on(data_on_small_disk: SmallDisk) -> None:
    make_user("ada")
    with data_on_small_disk.full():
        with pytest.raises(CatalogUnavailableError, match="The disk of the catalog is full"):
            for _ in range(100):  # SQLite's file has a little room of its own
                make_user(f"user{_}")
        assert users.get_user("ada") is not None
        shown = {state.name: state for state in component_states()}["disk"]
        assert next(check_folder(get_settings(), fix=False)).level == "problem"
        assert shown.state == "unhealthy" and "is full" in shown.detail and "resumes by itself" in shown.remedy
    make_user("bob")


def test_run_says_that_the_data_folder_is_read_only(
    data_on_small_disk: SmallDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    with data_on_small_disk.read_only():
        assert main(["run"]) == 1
        said = capsys.readouterr().err
        assert "not writable (Read-only file system)" in said and "SHIFUMI_DATA_DIR" in said
        [found] = check_folder(get_settings(), fix=False)
        assert found.level == "problem"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may become another user")
def test_a_folder_that_another_user_owns_is_named(settings: Settings) -> None:
    for folder in (settings.data_dir, *settings.folders):
        os.chown(folder, 65534, 65534)
    os.chown(settings.run_dir, 0, 0)
    for parent in list(settings.data_dir.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:  # another user's process, without giving up this one
        os.setgid(65534)
        os.setuid(65534)
        try:
            prepare_data(settings)
        except CommandError as error:
            os.write(said, str(error).encode())
        finally:
            os._exit(0)
    os.close(said)
    os.waitpid(child, 0)
    with os.fdopen(heard, encoding="utf-8") as answer:
        text = answer.read()
    assert f"{settings.run_dir} is not writable for this user" in text and "SHIFUMI_DATA_DIR" in text


def test_pruning_needs_no_room_for_its_mark(
    settings: Settings, mlflow_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_versions(1)
    shutil.rmtree(settings.run_dir)
    settings.run_dir.write_text("a file where the folder should be")
    done = Pruned(decisions=1)
    monkeypatch.setattr(retention, "prune", lambda *_: done)
    assert [retention.prune_daily("linear") for _ in range(2)] == [done, done]


def test_a_cached_file_is_read_on_a_read_only_disk(small_disk: SmallDisk) -> None:
    file = small_disk.folder / "cached"
    file.write_bytes(b"x")
    with small_disk.read_only():
        assert file_cache.touch(file)
        assert not file_cache.touch(small_disk.folder / "other")
