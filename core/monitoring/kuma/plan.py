"""The changes that bring Uptime Kuma to the wanted state. Pure: two lists in, steps out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.monitoring.kuma.desired_state import MADE_BY, Monitor

Verb = Literal["add", "edit", "keep", "report"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change. ``fields`` are all fields of a new monitor, or those that differ; ``id`` is Kuma's."""

    verb: Verb
    name: str
    id: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


def plan_monitors(
    monitors: Sequence[Monitor], existing: Sequence[Mapping[str, Any]], notifications: Sequence[int]
) -> list[Step]:
    """Steps after which each wanted monitor exists once and is active, with ``notifications`` (their ids).

    Monitors of users are not touched; ours that are no longer wanted are reported, never deleted, because
    their history would be lost. Other notifications that users added to a monitor stay.
    """
    steps = [_step(monitor, existing, notifications) for monitor in monitors]
    names = {monitor.name for monitor in monitors}
    ours = [one for one in existing if one.get("description") == MADE_BY and one["name"] not in names]
    return steps + [Step("report", str(one["name"]), int(one["id"])) for one in ours]


def _step(monitor: Monitor, existing: Sequence[Mapping[str, Any]], notifications: Sequence[int]) -> Step:
    same = [one for one in existing if one["name"] == monitor.name]
    # Ours before a user's monitor of the same name, the oldest first.
    found = min(same, key=lambda one: (one.get("description") != MADE_BY, one["id"]), default=None)
    fields = fields_of(monitor)
    if found is None:
        return Step("add", monitor.name, None, fields | {"notificationIDList": list(notifications)})
    changed = {name: value for name, value in fields.items() if _plain(found.get(name)) != value}
    told = {int(one) for one in found.get("notificationIDList") or ()}
    if not told.issuperset(notifications):
        changed["notificationIDList"] = sorted(told | set(notifications))
    verb: Verb = "edit" if changed or not found.get("active", True) else "keep"
    return Step(verb, monitor.name, int(found["id"]), changed)


def fields_of(monitor: Monitor) -> dict[str, Any]:
    """A monitor with Kuma's field names: down when a retry, twenty seconds after the first failure, fails too."""
    return {
        "type": "keyword",
        "name": monitor.name,
        "url": monitor.url,
        "keyword": monitor.keyword,
        "interval": monitor.interval,
        "retryInterval": 20,
        "maxretries": 1,
        "timeout": 10,
        "description": MADE_BY,
    }


def plan_discord(webhook: str, name: str, existing: Sequence[Mapping[str, Any]]) -> Step | None:
    """The step for the notification; None when there is none and none is wanted."""
    found = min((one for one in existing if one["name"] == name), key=lambda one: one["id"], default=None)
    if not webhook:
        return Step("report", name, int(found["id"])) if found else None
    fields = {"type": "discord", "discordWebhookUrl": webhook, "discordUsername": "Uptime Kuma"}
    if found is None:
        return Step("add", name, None, {"name": name, "isDefault": True, "applyExisting": False, **fields})
    changed = {key: value for key, value in fields.items() if _plain(found.get(key)) != value}
    return Step("edit" if changed else "keep", name, int(found["id"]), changed)


def _plain(value: Any) -> Any:
    """The library's enumerations as their values."""
    return getattr(value, "value", value)
