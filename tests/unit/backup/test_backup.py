"""What is backed up from a busy installation comes back elsewhere and predicts the same."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.auth import audit, tokens, users
from core.auth.roles import SYSTEM, Role
from core.auth.token_verifier import TokenVerifier
from core.backup import restore as restoring
from core.backup.create import create_backup
from core.backup.manifest import BackupError
from core.backup.restore import restore
from core.catalog import engine as catalog_engine
from core.catalog import migrate
from core.cli.__main__ import main
from core.cli.runlock import only_supervisor
from core.config.settings import ROOT, Settings, get_settings
from core.images import UPLOAD, store
from core.loop import decisions, loop
from core.models import registry
from core.models.serving import load_served
from core.storage import datasets, lake
from tests.learning import make_dataset
from tests.pictures_of_hands import HANDS, box, picture

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has neither such rights nor such signals")
PASSWORD = "correct horse battery"
POINTS = np.array([[0.5, 0.5], [-1.0, 0.2], [0.1, -0.3]])


def quiet(_text: str) -> None:
    """Nobody listens."""


def elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Another machine, as far as a data folder makes one."""
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow leaves it behind in the process that trained
    get_settings.cache_clear()
    get_settings().make_folders()
    return get_settings()


@pytest.fixture
def lived_in(settings: Settings) -> Settings:
    """People, a token, a picture with a box, a dataset; files that wait."""
    users.add_user(SYSTEM, "ada", "Ada", Role.ADMIN, PASSWORD)
    store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s", boxes=[box("rock")])
    make_dataset(seed=1)
    (settings.uploads_dir / "waiting.csv").write_text("x1,x2\n1,2\n")
    (settings.outputs_dir / "answered.csv").write_text("done\n")
    (settings.run_dir / "cookie.key").write_bytes(b"k" * 64)
    return settings


@contextmanager
def busy_writer() -> Iterator[None]:
    """Somebody writes to the catalog as fast as they can, and has begun."""
    stop, begun = threading.Event(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            audit.record_event(SYSTEM, "test.busy")
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def champion_says() -> list[float]:
    champion = registry.champion("linear")
    assert champion is not None
    return [float(one) for one in load_served(champion).predictor.probabilities(POINTS)[:, 1]]


@pytest.mark.usefixtures("mlflow_store")
def test_everything_comes_back_elsewhere_and_predicts_the_same(
    lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loop.run_once("linear").kind == decisions.PROMOTED
    loop.run_once("linear", forced=True)
    secret, _ = tokens.create_token(SYSTEM, "nightly", ["predict"], None)
    before, said = registry.versions("linear"), champion_says()
    with busy_writer():
        manifest = create_backup(lived_in, tmp_path / "all.zip", quiet)
    assert manifest.notes == [] and manifest.engine == "sqlite"
    new = elsewhere(tmp_path / "other machine" / "data", monkeypatch)
    restore(new, tmp_path / "all.zip", quiet)
    lived_in.data_dir.rename(tmp_path / "gone")  # nothing may still point there
    assert champion_says() == said
    assert registry.versions("linear") == before
    assert users.authenticate("ada", PASSWORD, "here").username == "ada"
    assert TokenVerifier().verify(secret, "predict").name == "nightly"
    assert len(lake.read(datasets.latest("linear").path, ["x1"])["x1"]) == 2_000
    [image] = store.listed()
    assert store.read_pixels(image).shape[2] == 3 and [one.label for one in image.boxes] == ["rock"]
    assert (new.uploads_dir / "waiting.csv").read_text() == "x1,x2\n1,2\n"
    assert not (new.run_dir / "cookie.key").exists()
    migrate.check(new.catalog_url)
    for seed, kind in ((2, decisions.PENDING), (3, decisions.PROMOTED)):  # and goes on from there
        make_dataset(seed=seed, angle=135)
        assert loop.run_once("linear").kind == kind


@pytest.fixture
def archive(lived_in: Settings, tmp_path: Path) -> Path:
    create_backup(lived_in, tmp_path / "all.zip", quiet)
    return tmp_path / "all.zip"


def changed(archive: Path, target: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """A copy of the archive with other members or another manifest."""
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist() if name != "manifest.json"}
        manifest = json.loads(file.read("manifest.json"))
    change(members, manifest)
    with zipfile.ZipFile(target, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
        file.writestr("manifest.json", json.dumps(manifest))
    return target


@posix
def test_only_its_owner_may_read_it(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert sorted(path.name for path in archive.parent.iterdir()) == ["all.zip", "data"]


def test_the_cookie_key_is_not_in_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        assert not any("cookie" in name for name in file.namelist())
        assert b"k" * 64 not in b"".join(file.read(name) for name in file.namelist())


def test_what_is_there_is_not_overwritten(archive: Path, settings: Settings) -> None:
    before = archive.read_bytes()
    with pytest.raises(BackupError, match="exists already"):
        create_backup(settings, archive, quiet)
    assert archive.read_bytes() == before


def test_a_full_disk_leaves_no_half_archive(
    lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.backup.archive_writer.shutil.copyfileobj", full)
    with pytest.raises(BackupError, match=r"No space left.*No partial file remains"):
        create_backup(lived_in, tmp_path / "all.zip", quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_an_interrupt_leaves_no_half_archive(lived_in: Settings, tmp_path: Path) -> None:
    def interrupt(text: str) -> None:
        if text.startswith("images"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_backup(lived_in, tmp_path / "all.zip", interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_files_that_are_gone_or_damaged_are_told(lived_in: Settings, tmp_path: Path) -> None:
    [image] = store.listed()
    store.file_path(image).unlink()
    lake.file_of(datasets.latest("linear").path).write_bytes(b"PAR1")
    notes = create_backup(lived_in, tmp_path / "all.zip", quiet).notes
    assert [note.split(":")[0] for note in notes] == [
        "1 files of lake were damaged before",
        "1 files of images are missing",
    ]


def test_a_catalog_that_is_not_up_to_date_is_not_backed_up(lived_in: Settings, tmp_path: Path) -> None:
    migrate.downgrade("-1")
    with pytest.raises(BackupError, match=r"manage\.py migrate"):
        create_backup(lived_in, tmp_path / "all.zip", quiet)


def test_what_is_on_other_servers_is_told(lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql://prefect:pw@db/prefect")
    get_settings.cache_clear()
    notes = create_backup(get_settings(), tmp_path / "all.zip", quiet).notes
    assert len(notes) == 2
    assert "MLflow server http://mlflow:5000 and NOT in this archive" in notes[0]
    assert "pg_dump" in notes[1] and "pw" not in notes[1]


def _way_out(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members["images/../../evil"] = b"x"
    manifest["members"]["images/../../evil"] = {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}


def _absolute(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members["/etc/evil"] = b"x"
    manifest["members"]["/etc/evil"] = {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}


def _other_place(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members["run/cookie.key"] = b"x"
    manifest["members"]["run/cookie.key"] = {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}


def _unnamed(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["images/stowaway.jpg"] = b"x"


def _other_bytes(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("lake/"))
    members[name] = bytes(len(members[name]))


def _other_size(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["uploads/waiting.csv"] += b"more"


def _newer_program(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest.update(format=99, version="9.9")
    del manifest["members"]


def _newer_tables(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["revision"] = "9999"


def _odd_revision(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["revision"] = "head; DROP"


def _no_list(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["members"] = ["a"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_way_out, "unexpected file"),
        (_absolute, "unexpected file"),
        (_other_place, "unexpected file"),
        (_unnamed, "other files than its manifest"),
        (_other_bytes, "damaged"),
        (_other_size, "the size of"),
        (_newer_program, r"newer Shifumi \(9\.9\)"),
        (_newer_tables, "Install the newer version"),
        (_odd_revision, "unknown catalog revision"),
        (_no_list, "not a backup of Shifumi"),
    ],
)
def test_an_archive_that_is_not_right_touches_nothing(
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, bytes], dict[str, Any]], None],
    words: str,
) -> None:
    bad = changed(archive, tmp_path / "bad.zip", change)
    new = elsewhere(tmp_path / "new", monkeypatch)
    with pytest.raises(BackupError, match=words):
        restore(new, bad, quiet)
    assert [path for path in new.data_dir.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "evil").exists()


def test_a_link_in_an_archive_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = changed(archive, tmp_path / "bad.zip", _no_change)
    with zipfile.ZipFile(archive) as file:
        members = {info: file.read(info) for info in file.infolist()}
    with zipfile.ZipFile(bad, "w") as file:
        for info, data in members.items():
            if info.filename == "uploads/waiting.csv":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            file.writestr(info, data)
    with pytest.raises(BackupError, match="unexpected file"):
        restore(elsewhere(tmp_path / "new", monkeypatch), bad, quiet)


def _no_change(_members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    """As it was."""


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_refused(
    settings: Settings, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.zip").write_bytes(content)
    new = elsewhere(tmp_path / "new", monkeypatch)
    with pytest.raises(BackupError, match="not a backup"):
        restore(new, tmp_path / "some.zip", quiet)
    with pytest.raises(BackupError, match="no file"):
        restore(new, tmp_path / "none.zip", quiet)


def test_a_cut_archive_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write_bytes(archive.read_bytes()[:-2_000])
    with pytest.raises(BackupError, match="not a backup"):
        restore(elsewhere(tmp_path / "new", monkeypatch), archive, quiet)


def test_a_folder_with_something_in_it_is_refused_or_moved_aside(archive: Path, lived_in: Settings) -> None:
    users.add_user(SYSTEM, "later", "", Role.VIEWER, PASSWORD)
    with pytest.raises(BackupError, match=r"not empty.*--force"):
        restore(lived_in, archive, quiet)
    assert users.get_user("later") is not None
    restored = restore(lived_in, archive, quiet, force=True)
    assert restored.aside is not None and (restored.aside / "catalog.db").is_file()
    assert users.get_user("later") is None and users.get_user("ada") is not None
    assert not list(lived_in.data_dir.glob(".restoring-*"))


def test_the_description_of_a_clones_data_folder_is_not_in_the_way(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = elsewhere(tmp_path / "clone", monkeypatch)
    readme = Path(shutil.copyfile(ROOT / "data" / "README.md", new.data_dir / "README.md"))
    assert restore(new, archive, quiet).aside is None
    assert readme.is_file() and users.get_user("ada") is not None


@posix
def test_who_opened_the_catalog_too_early_sees_the_restored_one(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of this process that reads at the wrong moment makes an empty catalog, and keeps its connection."""
    new, move_in = elsewhere(tmp_path / "new", monkeypatch), restoring._move_in

    def late(settings: Settings, stage: Path) -> None:
        with pytest.raises(catalog_engine.CatalogUnavailableError):
            users.get_user("ada")
        move_in(settings, stage)

    monkeypatch.setattr(restoring, "_move_in", late)
    restore(new, archive, quiet)
    assert users.get_user("ada") is not None


def test_too_little_disk_is_told_before_anything_is_touched(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = elsewhere(tmp_path / "new", monkeypatch)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage(10**9, 10**9 - 10, 10))
    with pytest.raises(BackupError, match="Not enough disk"):
        restore(new, archive, quiet)
    assert [path for path in new.data_dir.rglob("*") if path.is_file()] == []


def test_rows_that_do_not_fit_leave_what_was_there(archive: Path, lived_in: Settings, tmp_path: Path) -> None:
    def odd(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        data = members["catalog/users.jsonl"] = b'{"username": null}\n'
        manifest["members"]["catalog/users.jsonl"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    bad = changed(archive, tmp_path / "bad.zip", odd)
    with pytest.raises(BackupError, match="do not fit"):
        restore(lived_in, bad, quiet, force=True)
    assert users.get_user("ada") is not None
    assert not list(lived_in.data_dir.glob(".restoring-*"))


def test_an_older_archive_is_migrated(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by a version whose catalog had no pictures yet."""

    def older(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        manifest["revision"] = "0001"
        known = {"users", "login_attempts", "api_tokens", "audit_events", "datasets"}
        known |= {"evaluations", "decisions", "jobs", "predictions"}
        for name in [name for name in members if name.startswith("catalog/")]:
            if Path(name).stem not in known:
                del members[name], manifest["members"][name]

    new = elsewhere(tmp_path / "new", monkeypatch)
    restore(new, changed(archive, tmp_path / "old.zip", older), quiet)
    assert migrate.current_revision() == migrate.head_revision()
    assert users.get_user("ada") is not None and store.count() == 0


def test_an_mlflow_store_is_not_written_over(
    archive: Path, lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one outside of the data folder nor one on a server."""
    elsewhere(tmp_path / "new", monkeypatch)
    (tmp_path / "own.db").write_bytes(b"mine")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{(tmp_path / 'own.db').as_posix()}")
    get_settings.cache_clear()
    with pytest.raises(BackupError, match="MLFLOW_TRACKING_URI"):
        restore(get_settings(), archive, quiet)
    assert (tmp_path / "own.db").read_bytes() == b"mine"


def test_databases_go_where_the_variables_say(
    lived_in: Settings, mlflow_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_backup(lived_in, tmp_path / "all.zip", quiet)
    elsewhere(tmp_path / "new", monkeypatch)
    monkeypatch.setenv("SHIFUMI_DATABASE_URL", f"sqlite:///{(tmp_path / 'new' / 'own.db').as_posix()}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{(tmp_path / 'far' / 'runs.db').as_posix()}")
    get_settings.cache_clear()
    restore(get_settings(), tmp_path / "all.zip", quiet)
    assert users.get_user("ada") is not None
    assert (tmp_path / "far" / "runs.db").stat().st_size == mlflow_store.stat().st_size
    assert not (tmp_path / "new" / "catalog.db").exists()


def test_the_commands_work_and_say_what_they_did(
    lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    assert main(["backup", str(folder)]) == 0
    [made] = folder.iterdir()
    assert "password hashes" in capsys.readouterr().out
    assert main(["backup", str(made)]) == 1
    assert main(["backup", str(tmp_path / "no" / "folder.zip")]) == 1
    assert main(["restore", str(made)]) == 1
    told = capsys.readouterr().err
    assert "exists already" in told and "Create it first" in told and "not empty" in told
    elsewhere(tmp_path / "new", monkeypatch)
    assert main(["restore", str(made)]) == 0
    out = capsys.readouterr().out
    assert "All users have to log in again" in out
    assert "All 1 datasets have their files (contents)" in out and "PROBLEM" not in out


def test_nothing_is_restored_under_a_running_installation(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = elsewhere(tmp_path / "new", monkeypatch)
    with only_supervisor(new.run_dir):
        assert main(["restore", str(archive)]) == 1
    assert "already runs on this data folder" in capsys.readouterr().err
    (new.data_dir / "catalog.db").touch()
    with subprocess.Popen(
        [sys.executable, "-c", f"f = open({str(new.data_dir / 'catalog.db')!r}); print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert main(["restore", str(archive), "--force"]) == 1
        holder.communicate(b"\n")
    assert f"({holder.pid})" in capsys.readouterr().err


@posix
def test_a_stop_signal_leaves_no_half_archive(
    lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_line: object, text: str) -> None:
        if text.startswith("images"):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("core.cli.backups._Line.tell", stopped)
    with pytest.raises(SystemExit, match="143"):
        main(["backup", str(tmp_path / "all.zip")])
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
