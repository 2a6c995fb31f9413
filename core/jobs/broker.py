"""The Celery broker of the settings: URL, options, health."""

from __future__ import annotations

from typing import Any

from core.config.logs import redact
from core.config.settings import Settings

_EMBEDDED = "filesystem://"
_PATIENCE_S = 2.0


class NoBrokerError(RuntimeError):
    """Workers need a broker and none is set."""


def address(settings: Settings) -> str:
    """The broker's address for kombu; a secret. Raises :class:`NoBrokerError`."""
    if settings.celery_broker_url is None:
        raise NoBrokerError(
            "Workers need a broker: set SHIFUMI_CELERY_BROKER_URL to redis://HOST:6379/0, or to filesystem:// for "
            "workers on this machine only."
        )
    url = settings.celery_broker_url.get_secret_value()
    if not url.startswith(_EMBEDDED):
        return url
    from core.jobs import folder_transport

    folder_transport.install()
    return f"{folder_transport.NAME}://localhost"


def embedded(settings: Settings) -> bool:
    """Whether the broker is a folder on this machine."""
    url = settings.celery_broker_url
    return url is not None and url.get_secret_value().startswith(_EMBEDDED)


def transport_options(settings: Settings) -> dict[str, Any]:
    """Options for kombu besides the URL."""
    if embedded(settings):
        messages, control = (str(settings.celery_dir / name) for name in ("messages", "control"))
        return {
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": control,
            "polling_interval": 0.2,
        }
    # A message that is delivered twice has no second effect, so a short memory of unacknowledged ones is enough.
    return {
        "visibility_timeout": 3600,
        "socket_connect_timeout": _PATIENCE_S,
        "socket_timeout": 10.0,
        "health_check_interval": 10,
    }


def broker_problem(settings: Settings) -> str:
    """Why the broker is not usable, or an empty text; takes at most about two seconds."""
    if embedded(settings):
        missing = [name for name in ("messages", "control") if not (settings.celery_dir / name).is_dir()]
        return f"the folder {settings.celery_dir / missing[0]} is missing" if missing else ""
    from kombu import Connection
    from kombu.exceptions import KombuError

    try:
        with Connection(
            address(settings), transport_options=transport_options(settings), connect_timeout=_PATIENCE_S
        ) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_max=0, timeout=_PATIENCE_S)
    except (KombuError, OSError) as error:
        return f"the broker does not respond ({redact(str(error)) or type(error).__name__})"
    return ""
