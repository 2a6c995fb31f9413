"""Prefect flows: they order and watch, ``core`` does the work.

Prefect reads its settings from the environment when it is first imported, so they are completed
here, before any flow module can do that. What the environment already says wins.
"""

from __future__ import annotations

import os

from core.config.settings import get_settings


def prefect_environment() -> dict[str, str]:
    """The settings Prefect's server, runner and flows need to stay on this machine."""
    settings = get_settings()
    return {
        "PREFECT_API_URL": settings.prefect_api,
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_CLI_WRAP_LINES": "false",
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


for _name, _value in prefect_environment().items():
    os.environ.setdefault(_name, _value)
