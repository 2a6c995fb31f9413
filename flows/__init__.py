"""Prefect flows: they orchestrate, ``core`` does the work.

Prefect reads its settings from the environment at its first import, so they are set here, before any flow
module is imported. Existing environment variables take precedence.
"""

from __future__ import annotations

import os

from core.config.settings import get_settings


def prefect_environment() -> dict[str, str]:
    """Settings that keep Prefect's server, runner and flows on this machine."""
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
