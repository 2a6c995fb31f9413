"""The wanted state of Uptime Kuma, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.auth.passwords import MAX_BYTES, PasswordRefusedError, check_policy

MADE_BY = "Made by Shifumi (deploy/uptime-kuma/provision.py)."
"""The description of every monitor that we created; identifies monitors that are no longer wanted."""

DISCORD = "Discord (Shifumi)"
_INTERVAL_S = 30
_DEFAULT_URL = "http://uptime-kuma:3001"
_DEFAULT_WAIT_S = 120.0
_LEAST_CHARACTERS = 12

# Name, variable, Compose's URL, the path to request, the text that must be in the response.
_SERVICES = (
    ("Prediction API", "API", "http://api:8000", "/health", '"status":"ok"'),
    ("Workbench", "WORKBENCH", "http://app:8501", "/_stcore/health", "ok"),
    ("Prefect", "PREFECT", "http://prefect:4200", "/api/health", "true"),
    ("MLflow", "MLFLOW", "http://mlflow:5000", "/health", "OK"),
)


class DesiredStateError(ValueError):
    """The environment is invalid; the message names the variable and what to do."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """A URL that Kuma requests every ``interval`` seconds, and the text that must be in the response."""

    name: str
    url: str
    keyword: str
    interval: int = _INTERVAL_S


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The configuration. ``webhook`` is empty without Discord."""

    url: str
    username: str
    password: str
    monitors: tuple[Monitor, ...]
    webhook: str
    wait_s: float


def desired_state(environment: Mapping[str, str]) -> DesiredState:
    """Read ``SHIFUMI_KUMA_…``. Raises :class:`DesiredStateError`."""
    username = environment.get("SHIFUMI_KUMA_USERNAME", "").strip()
    if not username:
        raise DesiredStateError("Set SHIFUMI_KUMA_USERNAME: the name of Uptime Kuma's admin.")
    return DesiredState(
        _address("SHIFUMI_KUMA_URL", environment.get("SHIFUMI_KUMA_URL") or _DEFAULT_URL),
        username,
        _password(environment.get("SHIFUMI_KUMA_PASSWORD", ""), username),
        tuple(_monitors(environment)),
        environment.get("SHIFUMI_DISCORD_WEBHOOK_URL", "").strip(),
        _seconds(environment.get("SHIFUMI_KUMA_WAIT_S", "")),
    )


def _monitors(environment: Mapping[str, str]) -> list[Monitor]:
    """A variable that is set but empty disables its monitor."""
    found = []
    for name, service, default, page, keyword in _SERVICES:
        variable = f"SHIFUMI_KUMA_WATCH_{service}"
        if base := environment.get(variable, default).strip():
            found.append(Monitor(name, _address(variable, base) + page, keyword))
    return found


def _address(variable: str, text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DesiredStateError(f"{variable} is not a URL: write it like {_DEFAULT_URL}.")
    return text.strip().rstrip("/")


def _password(password: str, username: str) -> str:
    if not password:
        raise DesiredStateError("Set SHIFUMI_KUMA_PASSWORD: the password of Uptime Kuma's admin. There is no default.")
    try:
        check_policy(password, username)
    except PasswordRefusedError as error:
        raise DesiredStateError(f"SHIFUMI_KUMA_PASSWORD: {error}") from error
    # Kuma itself requires letters and digits.
    mixed = any(sign.isalpha() for sign in password) and any(sign.isdigit() for sign in password)
    if len(password) < _LEAST_CHARACTERS or not mixed:
        raise DesiredStateError(
            f"SHIFUMI_KUMA_PASSWORD is too weak: use {_LEAST_CHARACTERS} to {MAX_BYTES} characters "
            "with letters and digits."
        )
    return password


def _seconds(text: str) -> float:
    try:
        seconds = float(text or _DEFAULT_WAIT_S)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise DesiredStateError("SHIFUMI_KUMA_WAIT_S must be a number of seconds, at most 3600.")
    return seconds
