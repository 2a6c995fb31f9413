"""The sidecar as a process: starting, hostile connections, stopping."""

import http.client
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from core.auth.roles import SYSTEM
from core.auth.tokens import create_token
from core.catalog.engine import get_engine, reading
from core.catalog.tables import PredictionBatch
from core.config.settings import ROOT, Settings, get_settings
from tests.api.conftest import copy_models
from tests.api.problem_shape import assert_problem
from tests.api.running import Running, sidecar
from tests.conftest import forget_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

POINT = {"features": [[1, 2]]}


@pytest.fixture
def running(champion: Settings) -> Iterator[Running]:
    with sidecar(champion) as started:
        wait_until(started.is_ready, timeout=60)
        yield started


@pytest.fixture(scope="module")
def shared(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """One sidecar, and a good token, for the tests that leave it as they found it: to start one takes seconds."""
    folder = tmp_path_factory.mktemp("shared-sidecar")
    with pytest.MonkeyPatch.context() as patch:
        forget_environment(patch)
        patch.setenv("SHIFUMI_DATA_DIR", str(folder))
        get_settings.cache_clear()
        settings = get_settings()
        settings.make_folders()
        copy_models(models, folder)
        secret = create_token(SYSTEM, "tests", ["predict"], days=1)[0]
        get_engine().dispose()
        with sidecar(settings) as started:
            wait_until(started.is_ready, timeout=60)
            patch.undo()
            get_settings.cache_clear()
            yield started, secret


def _connect(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=20)


def _head(secret: str | None, *more: str) -> bytes:
    lines = ["POST /predict HTTP/1.1", "Host: sidecar", "Content-Type: application/json", *more]
    if secret:
        lines.append(f"Authorization: Bearer {secret}")
    return "\r\n".join([*lines, "", ""]).encode()


def _read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received


def test_health_answers_before_mlflow_is_imported(champion: Settings, secret: str) -> None:
    with sidecar(champion) as started:
        first = started.get("/health")
        assert first is not None
        assert first.json()["components"]["model"]["state"] == "starting"
        refused = httpx.post(started.url + "/predict", json=POINT, headers={"Authorization": f"Bearer {secret}"})
        assert_problem(refused, 503, "no-champion")
        wait_until(started.is_ready, timeout=60)


def test_the_import_of_mlflow_is_light_and_leaves_nothing_hidden() -> None:
    code = (
        "import sys; from core.models import registry\n"
        "from core.api.mlflow_import import import_mlflow; import_mlflow()\n"
        "heavy = {'pandas', 'pyarrow', 'scipy', 'sklearn', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert 'mlflow.tracking.client' in sys.modules\n"
        "import pandas, sklearn\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_huge_body_gets_its_answer_although_nobody_reads_it(shared: tuple[Running, str]) -> None:
    """Without listening on for a moment, the client would see its connection reset instead of the answer."""
    running, secret = shared
    body = json.dumps({"features": [[0.12345, 0.98765]] * 1_000_000}).encode()
    for headers in ({}, {"Transfer-Encoding": "chunked"}):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        own = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", **headers}
        parts = (body[n : n + 100_000] for n in range(0, len(body), 100_000)) if headers else body
        connection.request("POST", "/predict", parts, own, encode_chunked=bool(headers))
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["type"] == "urn:shifumi:problem:body-too-large"
        connection.close()


def test_a_body_without_end_is_cut_off(shared: tuple[Running, str]) -> None:
    running, secret = shared
    with _connect(running) as connection:
        connection.sendall(_head(secret, "Transfer-Encoding: chunked"))
        chunk = b"%x\r\n" % 65_536 + b"[" * 65_536 + b"\r\n"
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while True:
                connection.sendall(chunk)


def test_a_slow_body_is_cut_off(champion: Settings, secret: str) -> None:
    with sidecar(champion, SHIFUMI_PREDICT_BODY_TIMEOUT_S="0.3") as started:
        wait_until(started.is_ready, timeout=60)
        with _connect(started) as connection:
            connection.sendall(_head(secret, "Content-Length: 100") + b'{"features"')
            answer = _read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_who_waits_for_a_go_ahead_gets_it_only_with_a_token(shared: tuple[Running, str]) -> None:
    running, secret = shared
    body = json.dumps(POINT).encode()
    expecting = ("Expect: 100-continue", f"Content-Length: {len(body)}")
    with _connect(running) as connection:
        connection.sendall(_head(None, *expecting))
        assert _read_to_end(connection).startswith(b"HTTP/1.1 401 ")
    with _connect(running) as connection:
        connection.sendall(_head(secret, *expecting, "Connection: close"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert _read_to_end(connection).startswith(b"HTTP/1.1 200 ")


def test_one_connection_serves_many_requests(shared: tuple[Running, str]) -> None:
    running, secret = shared
    with httpx.Client(headers={"Authorization": f"Bearer {secret}"}) as client:
        client.post(running.url + "/predict", json=POINT)
        port = client._transport._pool.connections[0]._connection._network_stream.get_extra_info("client_addr")  # type: ignore[attr-defined]
        for body in (POINT, {"features": []}, POINT):
            client.post(running.url + "/predict", json=body)
        assert port == client._transport._pool.connections[0]._connection._network_stream.get_extra_info("client_addr")  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM")
def test_sigterm_ends_it_soon_and_writes_the_log(running: Running, secret: str) -> None:
    with httpx.Client(headers={"Authorization": f"Bearer {secret}"}) as client:
        for _ in range(50):
            assert client.post(running.url + "/predict", json=POINT).status_code == 200
        with _connect(running) as hanging:
            hanging.sendall(_head(secret, "Content-Length: 100") + b'{"features"')
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(timeout=60) in (0, -signal.SIGTERM)
            last_word = _read_to_end(hanging)
    assert last_word.startswith(b"HTTP/1.1 503 ")
    assert b"urn:shifumi:problem:shutting-down" in last_word
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(PredictionBatch)) == 50
    assert "Traceback" not in running.output.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM")
def test_sigterm_ends_it_soon_although_the_catalog_is_locked(running: Running, secret: str) -> None:
    with closing(sqlite3.connect(running.output.parent.parent / "catalog.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        answer = httpx.post(running.url + "/predict", json=POINT, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200  # a locked catalog can be read: tokens are checked, the log waits
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(timeout=60)
        holder.execute("ROLLBACK")
    said = running.output.read_text()
    assert "1 entries of the prediction log were lost" in said
    assert "The prediction log waits" not in said, "it ended before SQLite gave up waiting for the lock"
