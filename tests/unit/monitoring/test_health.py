"""The state of every service, from the supervisor's notes and a look right now."""

import http.server
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from pydantic import ValidationError

from core.config.settings import Settings, get_settings
from core.monitoring.health import ComponentState, component_states
from core.monitoring.run_record import ProcessRecord, RunRecord, State, read_run_record, run_file, write_run_record
from tests.ports import free_port


class _Server(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def server(status: int = 200) -> Iterator[int]:
    """A server whose every answer is ``status``; yields its port."""
    handler = type("Handler", (_Server,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_address[1]
        running.shutdown()


@pytest.fixture(autouse=True)
def own_ports(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers at first, whatever else runs on this machine."""
    for name in ("WORKBENCH", "API", "PREFECT", "MLFLOW"):
        monkeypatch.setenv(f"SHIFUMI_{name}_PORT", str(free_port()))
    get_settings.cache_clear()


def states() -> dict[str, ComponentState]:
    return {state.name: state for state in component_states()}


def write_down(alive: bool = True, **processes: ProcessRecord) -> None:
    created = psutil.Process().create_time() if alive else 1.0
    record = RunRecord(os.getpid(), created, time.time(), processes)
    write_run_record(get_settings().run_dir, record)


def test_without_a_supervisor_a_look_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as port:
        monkeypatch.setenv("SHIFUMI_API_PORT", str(port))
        get_settings.cache_clear()
        found = states()
    assert found["api"].state == "healthy"
    assert found["api"].remedy == ""
    assert found["workbench"].state == "unhealthy"
    assert "manage.py run" in found["workbench"].remedy
    assert found["catalog"].state == "healthy"
    assert "not created yet" in found["store"].detail


def test_bricks_elsewhere_are_asked_there_and_shown_as_people_reach_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as port:
        monkeypatch.setenv("SHIFUMI_WORKBENCH_URL", f"http://127.0.0.1:{port}/")
        monkeypatch.setenv("SHIFUMI_API_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SHIFUMI_API_PUBLIC_URL", "https://shifumi.example/api")
        monkeypatch.setenv("SHIFUMI_PREFECT_PUBLIC_URL", "http://localhost:4200")
        get_settings.cache_clear()
        found = states()
    assert (found["workbench"].state, found["api"].state) == ("healthy", "healthy")
    assert (found["api"].url, found["prefect"].url) == ("https://shifumi.example/api", "http://localhost:4200")
    assert "docker compose logs prefect" in found["prefect"].remedy


@pytest.mark.parametrize("name", ["workbench_url", "api_url", "api_public_url", "prefect_public_url"])
def test_half_an_address_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="http://"):
        Settings.model_validate({name: "app:8501"})
    assert getattr(Settings.model_validate({name: ""}), name) is None


def test_a_brick_that_answers_with_errors_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(status=503) as port:
        monkeypatch.setenv("SHIFUMI_API_PORT", str(port))
        get_settings.cache_clear()
        api = states()["api"]
    assert api.state == "unhealthy"
    assert "503" in api.detail


@pytest.mark.parametrize("state", ["starting", "restarting", "unhealthy"])
def test_what_the_supervisor_knows_beats_a_silent_address(state: State) -> None:
    write_down(api=ProcessRecord("Prediction API", state, restarts=2, since=100.0, last_exit=-9))
    api = states()["api"]
    assert (api.state, api.restarts) == (state, 2)
    assert api.since is not None and api.since.timestamp() == 100.0
    assert "restarted 2 times, last exit code -9" in api.detail


def test_a_good_answer_beats_an_older_note(monkeypatch: pytest.MonkeyPatch) -> None:
    write_down(api=ProcessRecord("Prediction API", "starting"))
    with server() as port:
        monkeypatch.setenv("SHIFUMI_API_PORT", str(port))
        get_settings.cache_clear()
        assert states()["api"].state == "healthy"


def test_healthy_on_paper_but_silent_is_not_well() -> None:
    write_down(api=ProcessRecord("Prediction API", "healthy", since=100.0))
    assert states()["api"].state == "unhealthy"


def test_the_notes_of_a_dead_supervisor_do_not_count() -> None:
    write_down(alive=False, api=ProcessRecord("Prediction API", "starting", restarts=5))
    api = states()["api"]
    assert (api.state, api.restarts) == ("unhealthy", 0)


def test_the_runner_is_known_by_its_process(settings: Settings) -> None:
    note = settings.run_dir / "runner.json"
    note.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8")
    assert states()["runner"].state == "healthy"
    # In a container that shares the folder, that number is somebody else's.
    note.write_text(json.dumps({"pid": os.getpid(), "host": "another-container"}), encoding="utf-8")
    assert states()["runner"].state == "unhealthy"
    note.unlink()
    assert states()["runner"].state == "unhealthy"


def test_an_outdated_catalog_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.monitoring.health.newest_revision", lambda: "9999")
    catalog = states()["catalog"]
    assert catalog.state == "unhealthy"
    assert "9999" in catalog.detail


def test_a_damaged_store_is_not_well(settings: Settings) -> None:
    (settings.mlflow_dir / "mlflow.db").write_bytes(b"this is no database, whatever its name" * 100)
    store = states()["store"]
    assert store.state == "unhealthy"
    assert "cannot be read" in store.detail


def test_a_brick_that_hangs_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for name in ("WORKBENCH", "API", "PREFECT"):
            monkeypatch.setenv(f"SHIFUMI_{name}_PORT", str(silent.getsockname()[1]))
        get_settings.cache_clear()
        monkeypatch.setattr("core.config.probe.PROBE_TIMEOUT_S", 120.0)
        monkeypatch.setattr("core.monitoring.health._ANSWER_WITHIN_S", 0.2)
        found = states()
    assert {found[name].detail for name in ("workbench", "api", "prefect")} == {"no response in time"}


def test_a_record_survives_its_file_and_half_a_file_is_no_record(settings: Settings) -> None:
    write_down(api=ProcessRecord("Prediction API", "healthy", 12, 3.5, 8000, "http://x", 1, 2.0, 0))
    record = read_run_record(settings.run_dir)
    assert record is not None and record.alive
    assert record.processes["api"] == ProcessRecord("Prediction API", "healthy", 12, 3.5, 8000, "http://x", 1, 2.0, 0)
    for text in ("", "{", "[]", '{"processes": {"api": {"colour": "red"}}}'):
        run_file(settings.run_dir).write_text(text, encoding="utf-8")
        assert read_run_record(settings.run_dir) is None
