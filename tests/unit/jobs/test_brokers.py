"""The broker of the settings, the forms of our flows, and the command for a missing worker."""

from __future__ import annotations

import pytest

from core.config.settings import Settings, get_settings
from core.jobs import broker, folder_transport, job_parameters, jobs, workers
from core.jobs.job_parameters import CheckParameters
from core.workloads import get_workload
from tests.workers import EMBEDDED, use_broker

REDIS = "redis://127.0.0.1:6379/0"


def test_without_a_broker_workers_are_refused(settings: Settings) -> None:
    assert not broker.embedded(settings)
    with pytest.raises(broker.NoBrokerError, match="SHIFUMI_CELERY_BROKER_URL"):
        broker.address(settings)


def test_a_folder_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(monkeypatch, EMBEDDED)
    settings = get_settings()
    assert broker.embedded(settings)
    assert broker.address(settings) == f"{folder_transport.NAME}://localhost"
    messages, control = str(settings.celery_dir / "messages"), str(settings.celery_dir / "control")
    assert broker.transport_options(settings) == {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": control,
        "polling_interval": 0.2,
    }
    assert broker.broker_problem(settings) == ""
    (settings.celery_dir / "control").rmdir()
    assert broker.broker_problem(settings) == f"the folder {control} is missing"


def test_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(monkeypatch, REDIS)
    settings = get_settings()
    assert not broker.embedded(settings)
    assert broker.address(settings) == REDIS
    assert broker.transport_options(settings) == {
        "visibility_timeout": 3600,
        "socket_connect_timeout": 2.0,
        "socket_timeout": 10.0,
        "health_check_interval": 10,
    }


def test_which_flows_have_a_form() -> None:
    assert job_parameters.parameters_of(jobs.GENERATE, "linear") is get_workload("linear").parameters
    assert job_parameters.parameters_of(jobs.CHECK, "linear") is CheckParameters
    assert job_parameters.parameters_of(jobs.PREDICT_FILE, "linear") is None
    assert job_parameters.parameters_of(jobs.CHECK, "nothing") is None


def test_what_a_form_sends() -> None:
    assert job_parameters.as_sent(jobs.CHECK, CheckParameters(forced=True)) == {"forced": True}
    chosen = get_workload("linear").parameters()
    assert job_parameters.as_sent(jobs.GENERATE, chosen) == {"choices": chosen.model_dump(mode="json")}


def test_the_command_for_a_missing_worker() -> None:
    assert workers.start_command(["default", "gpu"]) == "python3 manage.py worker --queues default,gpu"
