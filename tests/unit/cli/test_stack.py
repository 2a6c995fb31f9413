"""Which processes the settings ask for, and with what."""

import json
from pathlib import Path

import pytest

from core.cli.stack import child_environment, stack, wanted_ports
from core.cli.table import address_table
from core.config.prefect_address import prefect_is_elsewhere
from core.config.settings import Settings, get_settings
from core.monitoring.run_record import ProcessRecord


def names(settings: Settings, *, mlflow_ui: bool = False) -> list[str]:
    return [spec.name for spec in stack(settings, mlflow_ui=mlflow_ui)]


def with_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    return get_settings()


def test_a_laptop_runs_four_processes_and_mlflow_on_request(settings: Settings) -> None:
    assert names(settings) == ["workbench", "api", "prefect", "runner"]
    assert names(settings, mlflow_ui=True) == ["workbench", "api", "prefect", "runner", "mlflow"]


def test_the_workbench_waits_for_nobody_and_the_runner_for_prefect(settings: Settings) -> None:
    assert {spec.name: spec.after for spec in stack(settings)} == {
        "workbench": "",
        "api": "",
        "prefect": "",
        "runner": "prefect",
    }


@pytest.mark.parametrize(
    ("url", "elsewhere"),
    [
        ("http://prefect.example:4200/api", True),
        ("http://127.0.0.1:4300/api", True),
        ("http://127.0.0.1:4200/api", False),
        ("http://localhost:4200/api", False),
    ],
)
def test_a_prefect_server_elsewhere_is_not_started_again(
    url: str, elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_environment(monkeypatch, PREFECT_API_URL=url)
    assert prefect_is_elsewhere(settings) is elsewhere
    assert ("prefect" in names(settings)) is not elsewhere
    runner = next(spec for spec in stack(settings) if spec.name == "runner")
    assert runner.after == ("" if elsewhere else "prefect")
    assert runner.env["PREFECT_API_URL"] == url


def test_an_mlflow_server_elsewhere_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_environment(monkeypatch, MLFLOW_TRACKING_URI="http://mlflow.example:5000")
    assert "mlflow" not in names(settings, mlflow_ui=True)
    assert child_environment(settings)["MLFLOW_TRACKING_URI"] == "http://mlflow.example:5000"


def test_each_port_can_be_moved_with_the_variable_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in wanted_ports(get_settings(), stack(get_settings(), mlflow_ui=True)):
        settings = with_environment(monkeypatch, **{one.variable: "23456"})
        moved = wanted_ports(settings, stack(settings, mlflow_ui=True))
        assert next(other.port for other in moved if other.label == one.label) == 23456
        monkeypatch.delenv(one.variable)


def test_prefect_stays_private_and_quiet(settings: Settings) -> None:
    environment = child_environment(settings)
    assert environment["PREFECT_HOME"] == str(settings.data_dir / "prefect")
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_EPHEMERAL_ENABLED"] == "false"


def test_prefects_database_is_told_to_its_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PREFECT_API_DATABASE_CONNECTION_URL": "postgresql://prefect:pw@db/prefect"}
    told = {spec.name: dict(spec.env) for spec in stack(with_environment(monkeypatch, **given))}
    wanted = "postgresql+asyncpg://prefect:pw@db/prefect"
    assert told["prefect"]["PREFECT_API_DATABASE_CONNECTION_URL"] == wanted
    assert not any("PREFECT_API_DATABASE_CONNECTION_URL" in told[name] for name in ("workbench", "api", "runner"))


def test_on_all_addresses_we_still_look_at_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_environment(monkeypatch, SHIFUMI_HOST="0.0.0.0")
    workbench = stack(settings)[0]
    assert "0.0.0.0" in workbench.command
    assert workbench.url == "http://127.0.0.1:8501"


def test_the_runner_is_well_once_it_says_so(settings: Settings) -> None:
    runner = next(spec for spec in stack(settings) if spec.name == "runner")
    note: Path = settings.run_dir / "runner.json"
    assert not runner.healthy()
    note.write_text("{half", encoding="utf-8")
    assert not runner.healthy()
    note.write_text(json.dumps({"pid": 1, "ready_at": "2026-11-23T04:00:00+00:00"}), encoding="utf-8")
    assert runner.healthy()
    runner.before_start()
    assert not runner.healthy(), "the note of the runner before does not count"


def test_mlflow_waits_for_the_store_that_the_runner_makes(settings: Settings) -> None:
    mlflow = stack(settings, mlflow_ui=True)[-1]
    assert not mlflow.may_start()
    (settings.mlflow_dir / "mlflow.db").touch()
    assert mlflow.may_start()


def test_the_table_shows_every_address(settings: Settings) -> None:
    records = [
        ProcessRecord("Workbench", "healthy", url="http://127.0.0.1:8501"),
        ProcessRecord("Flow runner", "starting"),
    ]
    lines = address_table(records, settings).splitlines()
    assert any("Workbench" in line and "http://127.0.0.1:8501" in line and "healthy" in line for line in lines)
    assert any("Flow runner" in line and "starting" in line for line in lines)
    assert any("Ctrl-C" in line and str(settings.logs_dir) in line for line in lines)
