"""Bring a running Uptime Kuma to the wanted state: admin, notification, monitors. Idempotent."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from uptime_kuma_api import (  # type: ignore[import-untyped]
    MonitorType,
    NotificationType,
    UptimeKumaApi,
    UptimeKumaException,
)

from core.monitoring.kuma.desired_state import DISCORD, DesiredState, DesiredStateError, desired_state
from core.monitoring.kuma.plan import Step, plan_discord, plan_monitors

_CALL_TIMEOUT_S = 20.0
_PAUSE_S = 1.0
_NEWEST_MAJOR = 2


class KumaError(RuntimeError):
    """Uptime Kuma cannot be configured; the message says why and what to do."""


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Configure it and print the changes; returns 1 with a message on failure."""
    try:
        for line in provision(desired_state(environment)):
            print(line, flush=True)
    except (DesiredStateError, KumaError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def provision(goal: DesiredState) -> Iterator[str]:
    """Make all changes, yielding a sentence for each. Raises :class:`KumaError`."""
    with _connected(goal) as kuma, _explained(goal):
        yield _log_in(kuma, goal)
        told: list[int] = []
        if step := plan_discord(goal.webhook, DISCORD, kuma.get_notifications()):
            yield _do(step, "notification", kuma.add_notification, kuma.edit_notification)
        if goal.webhook:
            told = [int(one["id"]) for one in kuma.get_notifications() if one["name"] == DISCORD][:1]
        for step in plan_monitors(goal.monitors, kuma.get_monitors(), told):
            yield _do(step, "monitor", kuma.add_monitor, kuma.edit_monitor)
            if step.verb == "edit":
                kuma.resume_monitor(step.id)


def _do(step: Step, what: str, add: Callable[..., object], edit: Callable[..., object]) -> str:
    match step.verb:
        case "add":
            add(**_typed(what, step.fields))
            return f"Added {what} {step.name}."
        case "edit":
            edit(step.id, **_typed(what, step.fields))
            # The names only: a URL can be a secret.
            return f"Changed {what} {step.name}: {', '.join(sorted(step.fields)) or 'switched on'}."
        case "report":
            return f"The {what} {step.name} is no longer needed, but kept. Delete it in Uptime Kuma."
    return f"No change: {what} {step.name}."


def _typed(what: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The library requires its own enumerations for the type."""
    kinds = MonitorType if what == "monitor" else NotificationType
    return {**fields, "type": kinds(fields["type"])} if "type" in fields else dict(fields)


@contextmanager
def _connected(goal: DesiredState) -> Iterator[Any]:
    """A connection, waiting at most ``goal.wait_s`` seconds: in Compose Kuma may start at the same time."""
    deadline = time.monotonic() + goal.wait_s
    while True:
        try:
            # It sends its lists right after the login; half a second later they are complete.
            kuma = UptimeKumaApi(goal.url, timeout=_CALL_TIMEOUT_S, wait_events=0.5)
            break
        except UptimeKumaException as error:
            if _asks_for_a_database(goal.url):
                raise KumaError(
                    f"Uptime Kuma at {goal.url} is not set up: no database chosen. "
                    "Start it with UPTIME_KUMA_DB_TYPE=sqlite, then try again."
                ) from error
            if time.monotonic() + _PAUSE_S > deadline:
                raise KumaError(
                    f"Uptime Kuma does not respond at {goal.url}, tried for {goal.wait_s:g} s. "
                    "Start it, or correct SHIFUMI_KUMA_URL."
                ) from error
            time.sleep(_PAUSE_S)
    try:
        yield kuma
    finally:
        kuma.disconnect()


def _asks_for_a_database(url: str) -> bool:
    """Before that is chosen, a fresh instance has only a setup page."""
    try:
        answer = httpx.get(f"{url}/api/entry-page", timeout=_CALL_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError:
        return False
    return "setup-database" in answer.text


def _log_in(kuma: Any, goal: DesiredState) -> str:
    """Log in as the admin, created on a fresh instance; then check that the version is supported."""
    time.sleep(_PAUSE_S)  # right after the start, a fresh instance does not know yet that it needs an admin
    made = bool(kuma.need_setup())
    if made:
        kuma.setup(goal.username, goal.password)
    try:
        answer = kuma.login(goal.username, goal.password)
    except UptimeKumaException as error:
        raise KumaError(_refused(error, goal)) from error
    if answer.get("tokenRequired"):
        raise KumaError(f"{goal.username} uses two-factor authentication, which a program cannot. Disable it.")
    check_version(str(kuma.version))
    return f"Created the admin {goal.username}." if made else f"Logged in as {goal.username}."


def _refused(error: Exception, goal: DesiredState) -> str:
    if "incorrect" in str(error).lower():
        return (
            f"Uptime Kuma has an admin already, and rejects SHIFUMI_KUMA_USERNAME ({goal.username}) with "
            "SHIFUMI_KUMA_PASSWORD. Set the existing credentials, or change them in Uptime Kuma."
        )
    return f"Uptime Kuma rejected the login: {error}"


def check_version(version: str) -> None:
    """Raise :class:`KumaError` unless Kuma has the supported major version."""
    major = version.split(".")[0]
    if major != str(_NEWEST_MAJOR):
        raise KumaError(
            f"Uptime Kuma {version} is not supported, only version {_NEWEST_MAJOR}. Use the image of compose.yaml."
        )


@contextmanager
def _explained(goal: DesiredState) -> Iterator[None]:
    """Errors of the library, in plain text and without secrets."""
    try:
        yield
    except UptimeKumaException as error:
        reason = str(error).replace(goal.webhook, "…") if goal.webhook else str(error)
        raise KumaError(f"Uptime Kuma rejected it: {reason.replace(goal.password, '…')}. Try again.") from error
