"""The doctor on services of other machines: each thing that can be wrong has its own sentence and remedy."""

import socket
import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url, text

from core.catalog import engine as catalog_engine
from core.catalog import migrate
from core.catalog.engine import CatalogUnavailableError
from core.cli.checks import disk, exposure
from core.cli.checks.database import _refusal, check_database, judge_clocks
from core.cli.checks.disk import check_disk
from core.cli.checks.exposure import check_exposure
from core.cli.checks.external_services import check_external_services
from core.cli.checks.network import connection_error, http_get
from core.cli.checks.orphans import Repair
from core.cli.checks.storage import check_catalog
from core.cli.doctor import examine
from core.cli.findings import Finding
from core.config.settings import Settings, get_settings
from tests.ports import free_port
from tests.simple_server import server


def set_to(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    return get_settings()


def one(findings: Iterable[Finding]) -> Finding:
    """The only finding; a complaint says what to do."""
    [found] = findings
    assert found.level == "ok" or found.remedy
    return found


PREFECT, MLFLOW, KUMA = "PREFECT_API_URL", "MLFLOW_TRACKING_URI", "SHIFUMI_KUMA_URL"
DEFAULT = '{"experiment": {"name": "Default"}}'


@pytest.mark.parametrize(
    ("variable", "path", "status", "body", "level", "text", "remedy"),
    [
        (PREFECT, "/api", 200, "true", "ok", "responds", ""),
        (PREFECT, "", 200, "<html>Prefect</html>", "problem", "not Prefect's API", "must end with /api"),
        (PREFECT, "/api", 404, "", "problem", "not Prefect's API", "must end with /api"),
        (PREFECT, "/api", 401, "", "problem", "requires a login", "without a login"),
        (MLFLOW, "", 200, DEFAULT, "ok", "responds", ""),
        (MLFLOW, "", 404, '{"error_code": "RESOURCE_DOES_NOT_EXIST"}', "ok", "responds", ""),
        (MLFLOW, "", 403, "Invalid Host header", "problem", "rejects this host name", "MLFLOW_SERVER_ALLOWED_HOSTS="),
        (MLFLOW, "", 401, "", "problem", "requires a login", "MLFLOW_TRACKING_USERNAME"),
        (MLFLOW, "", 200, "<html>", "problem", "is not MLflow", "server's root"),
        (KUMA, "", 200, '{"type":"entryPage"}', "ok", "responds", ""),
        (KUMA, "", 200, '{"type":"setup-database"}', "warning", "no database chosen", "UPTIME_KUMA_DB_TYPE=sqlite"),
        (KUMA, "", 404, "", "warning", "is not Uptime Kuma", "SHIFUMI_KUMA_URL"),
    ],
)
def test_what_a_server_answers_is_told_apart(
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    path: str,
    status: int,
    body: str,
    level: str,
    text: str,
    remedy: str,
) -> None:
    with server(status, body) as url:
        found = one(check_external_services(set_to(monkeypatch, **{variable: url + path})))
    assert found.level == level and text in found.text and remedy in found.remedy


@pytest.mark.parametrize("variable", [PREFECT, MLFLOW, KUMA])
def test_a_silent_server_is_found_with_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    found = one(check_external_services(set_to(monkeypatch, **{variable: f"http://127.0.0.1:{free_port()}/api"})))
    assert found.level in {"problem", "warning"}
    assert "refused" in found.text and variable in found.remedy


@pytest.mark.parametrize(("minutes", "way"), [(3, "ahead of"), (-3, "behind")])
def test_clocks_that_differ_are_found(monkeypatch: pytest.MonkeyPatch, minutes: int, way: str) -> None:
    for variable, body in ((PREFECT, "true"), (MLFLOW, DEFAULT)):
        with monkeypatch.context() as environment, server(200, body, timedelta(minutes=minutes)) as url:
            _, found = check_external_services(set_to(environment, **{variable: url}))
        assert found.level == "warning" and way in found.text and "chrony" in found.remedy


def test_an_address_is_judged_by_what_fails() -> None:
    with server(200) as url:
        port = int(url.rsplit(":", 1)[1])
        assert "https" in str(http_get(url.replace("http:", "https:")))
        assert connection_error("127.0.0.1", port) == ""
    assert "refused" in connection_error("127.0.0.1", free_port())
    assert "unknown host name" in connection_error("no-such-host.invalid", 80)
    assert "unknown host name" in str(http_get("http://no-such-host.invalid/"))
    with socket.socket() as mute:  # takes connections and talks gibberish
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        threading.Thread(target=_gibberish, args=(mute,), daemon=True).start()
        assert "HTTP" in str(http_get(f"http://127.0.0.1:{mute.getsockname()[1]}/"))


def _gibberish(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-whatever\r\n\r\n")


def test_a_turn_server_that_is_away_is_found_and_stun_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    away = free_port()
    ice = f'[{{"urls": ["turn:127.0.0.1:{away}?transport=tcp", "stun:stun.example.org"], "credential": "secret-word"}}]'
    found = one(check_external_services(set_to(monkeypatch, SHIFUMI_ICE_SERVERS=ice)))
    assert found.level == "warning" and str(away) in found.text and "SHIFUMI_ICE_SERVERS" in found.remedy
    assert "secret-word" not in found.text + found.remedy
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        there = set_to(monkeypatch, SHIFUMI_ICE_SERVERS=f"turn:127.0.0.1:{listener.getsockname()[1]}")
        assert one(check_external_services(there)).level == "ok"
    assert "is not a TURN URL" in one(check_external_services(set_to(monkeypatch, SHIFUMI_ICE_SERVERS="turn:"))).text
    odd = set_to(monkeypatch, SHIFUMI_ICE_SERVERS="turn:host:port")
    assert "is not a TURN URL" in one(check_external_services(odd)).text


@pytest.mark.parametrize(
    ("host", "level"),
    [("127.0.0.1", "ok"), ("::1", "ok"), ("localhost", "ok"), ("0.0.0.0", "warning"), ("lab.example", "warning")],
)
def test_servers_that_are_open_to_the_network_are_found(
    monkeypatch: pytest.MonkeyPatch, host: str, level: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(exposure, "_CONTAINER_MARKS", (tmp_path / "mark",))
    found = one(check_exposure(set_to(monkeypatch, SHIFUMI_HOST=host)))
    assert found.level == level
    assert level == "ok" or ("https" in found.remedy and "SHIFUMI_HOST=127.0.0.1" in found.remedy)
    (tmp_path / "mark").touch()
    assert one(check_exposure(get_settings())).level == "ok"


def test_sqlite_on_a_network_disk_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [found for found in check_disk(settings) if found.level == "problem"] == []
    mounts = [
        SimpleNamespace(mountpoint="/", fstype="ext4"),
        SimpleNamespace(mountpoint=str(settings.data_dir.parent), fstype="nfs4"),
    ]
    monkeypatch.setattr(disk.psutil, "disk_partitions", lambda all: mounts)
    found = one(check_disk(settings))
    assert found.level == "problem" and "nfs4" in found.text and "SHIFUMI_DATABASE_URL" in found.remedy
    elsewhere = set_to(monkeypatch, SHIFUMI_DATABASE_URL="postgresql://db/shifumi")
    assert list(check_disk(elsewhere)) == []


def test_a_disk_that_takes_no_more_files_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_files", lambda folder: 12)
    found = one(check_disk(settings))
    assert "12 more files" in found.text


@pytest.mark.parametrize("url", ["not an address", "mongodb://host/x", "postgres://user@host/x"])
def test_an_address_of_no_database_that_we_know_is_found(url: str) -> None:
    found = one(check_database(Settings(database_url=url)))
    assert found.level == "problem" and "SHIFUMI_DATABASE_URL" in found.text and "postgresql://" in found.remedy


def test_a_database_server_that_is_away_ends_the_questions_about_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    away = set_to(monkeypatch, SHIFUMI_DATABASE_URL=f"postgresql://shifumi:hunter22@127.0.0.1:{free_port()}/shifumi")
    found = one(check_database(away))
    assert "refused" in found.text and "hunter22" not in found.text + found.remedy
    told = [finding.text for finding in examine(away, Repair(), deep=False)]
    assert found.text in told
    assert not any("catalog's tables" in text or "datasets have their files" in text for text in told)


@pytest.mark.postgres
def test_a_database_that_is_missing_a_user_that_is_unknown_and_tables_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    def with_url(url: str) -> Settings:
        return set_to(monkeypatch, SHIFUMI_DATABASE_URL=url)

    missing = one(check_database(with_url(postgres_url.replace("/postgres", "/nothing"))))
    assert "has no database nothing" in missing.text and "createdb" in missing.remedy
    unknown = one(check_database(with_url(postgres_url.replace("shifumi@", "nobody@"))))
    assert "has no user nobody" in unknown.text and "createuser" in unknown.remedy
    fresh = with_url(postgres_url)
    assert list(check_database(fresh)) == []
    with catalog_engine.get_engine().begin() as connection:  # what an earlier test may have left there
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    empty = one(check_catalog(fresh))
    assert empty.level == "problem" and "no tables yet" in empty.text
    migrate.upgrade(postgres_url)
    try:
        said = [found.text for found in check_catalog(fresh)]
        assert any("clocks of the database server" in line and "agree" in line for line in said)
    finally:
        catalog_engine.get_engine().dispose()
        migrate.downgrade("base", postgres_url)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('FATAL:  password authentication failed for user "me"', "rejects the password of me"),
        ("fe_sendauth: no password supplied", "rejects the password of me"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.9"', "accepts no connections"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("something else", "rejects the connection"),
    ],
)
def test_a_refusal_of_the_database_server_is_explained_without_the_password(said: str, text: str) -> None:
    found = _refusal(said, make_url("postgresql://me:hunter22@db/shifumi"), "db:5432")
    assert text in found.text and found.remedy and "hunter22" not in found.text + found.remedy


@pytest.mark.parametrize("seconds", [60, -60])
def test_a_clock_of_the_database_server_that_differs_is_found(seconds: int) -> None:
    found = judge_clocks(timedelta(seconds=seconds))
    assert found.level == "warning" and "60 s" in found.text and "chrony" in found.remedy
    assert judge_clocks(timedelta(seconds=1)).level == "ok"


def test_a_refused_connection_is_no_traceback_elsewhere_either(monkeypatch: pytest.MonkeyPatch) -> None:
    away = set_to(monkeypatch, SHIFUMI_DATABASE_URL=f"postgresql://shifumi@127.0.0.1:{free_port()}/shifumi")
    assert one(check_catalog(away)).level == "problem"
    with pytest.raises(CatalogUnavailableError), catalog_engine.reading() as session:
        session.connection()
