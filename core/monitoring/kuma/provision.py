"""Bring a running Uptime Kuma to what is wanted: admin, notification, monitors. A second time changes nothing."""

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

from core.monitoring.kuma.plan import Step, plan_discord, plan_monitors
from core.monitoring.kuma.wanted import DISCORD, Wanted, WantedError, wanted

_CALL_TIMEOUT_S = 20.0
_PAUSE_S = 1.0
_NEWEST_MAJOR = 2


class KumaError(RuntimeError):
    """Uptime Kuma cannot be set up; the message says why and what to do."""


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Set it up and say what was done; 1 with a plain sentence when that does not work."""
    try:
        for line in provision(wanted(environment)):
            print(line, flush=True)
    except (WantedError, KumaError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def provision(goal: Wanted) -> Iterator[str]:
    """Do everything, yielding a sentence for each thing. Raises :class:`KumaError`."""
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
            return f"Added the {what} {step.name}."
        case "edit":
            edit(step.id, **_typed(what, step.fields))
            # The names only: an address can be a secret.
            return f"Changed the {what} {step.name}: {', '.join(sorted(step.fields)) or 'switched on'}."
        case "report":
            return f"The {what} {step.name} is not wanted any more; it is left as it is. Delete it in Uptime Kuma."
    return f"The {what} {step.name} is as it should be."


def _typed(what: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The library insists on its own enumerations for the type."""
    kinds = MonitorType if what == "monitor" else NotificationType
    return {**fields, "type": kinds(fields["type"])} if "type" in fields else dict(fields)


@contextmanager
def _connected(goal: Wanted) -> Iterator[Any]:
    """A connection, waited for at most ``goal.wait_s`` seconds: in Compose Kuma may start at the same time."""
    deadline = time.monotonic() + goal.wait_s
    while True:
        try:
            # It sends its lists right after the login; half a second later they are complete.
            kuma = UptimeKumaApi(goal.url, timeout=_CALL_TIMEOUT_S, wait_events=0.5)
            break
        except UptimeKumaException as error:
            if _asks_for_a_database(goal.url):
                raise KumaError(
                    f"Uptime Kuma at {goal.url} waits for somebody to choose its database. "
                    "Start it with UPTIME_KUMA_DB_TYPE=sqlite, then try again."
                ) from error
            if time.monotonic() + _PAUSE_S > deadline:
                raise KumaError(
                    f"Uptime Kuma does not answer at {goal.url}, tried for {goal.wait_s:g} s. "
                    "Start it, or correct SHIFUMI_KUMA_URL."
                ) from error
            time.sleep(_PAUSE_S)
    try:
        yield kuma
    finally:
        kuma.disconnect()


def _asks_for_a_database(url: str) -> bool:
    """Before that is chosen, a fresh instance has one page and nothing to talk to."""
    try:
        answer = httpx.get(f"{url}/api/entry-page", timeout=_CALL_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError:
        return False
    return "setup-database" in answer.text


def _log_in(kuma: Any, goal: Wanted) -> str:
    """As the admin, who is made on a fresh instance; then the version is known and must be one we can talk to."""
    time.sleep(_PAUSE_S)  # asked at once, a fresh instance does not know yet that it needs an admin
    made = bool(kuma.need_setup())
    if made:
        kuma.setup(goal.username, goal.password)
    try:
        answer = kuma.login(goal.username, goal.password)
    except UptimeKumaException as error:
        raise KumaError(_refused(error, goal)) from error
    if answer.get("tokenRequired"):
        raise KumaError(f"{goal.username} logs in with a second factor, which a program has not. Switch it off.")
    check_version(str(kuma.version))
    return f"Made the admin {goal.username}." if made else f"Logged in as {goal.username}."


def _refused(error: Exception, goal: Wanted) -> str:
    if "incorrect" in str(error).lower():
        return (
            f"Uptime Kuma has an admin already, and SHIFUMI_KUMA_USERNAME ({goal.username}) with "
            "SHIFUMI_KUMA_PASSWORD is not accepted. Set what was chosen then, or change it in Uptime Kuma."
        )
    return f"Uptime Kuma refused the login: {error}"


def check_version(version: str) -> None:
    """Raise :class:`KumaError` unless Kuma is of the major version that we know."""
    major = version.split(".")[0]
    if major != str(_NEWEST_MAJOR):
        raise KumaError(
            f"Uptime Kuma {version} is not supported, only version {_NEWEST_MAJOR}. "
            "Use the image that compose.yaml names."
        )


@contextmanager
def _explained(goal: Wanted) -> Iterator[None]:
    """What the library raises in mid-work, in plain words and without what could be a secret."""
    try:
        yield
    except UptimeKumaException as error:
        reason = str(error).replace(goal.webhook, "…") if goal.webhook else str(error)
        raise KumaError(f"Uptime Kuma did not take it: {reason.replace(goal.password, '…')}. Try again.") from error
