"""Discord messages through a webhook: disabled without one, bounded in time, and never raising."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loguru import logger

from core.config.settings import get_settings
from core.monitoring import deliveries
from core.monitoring.discord_post import Outcome, post

GREEN, YELLOW, RED, BLUE = 0x2E9E6B, 0xE0A526, 0xD64545, 0x4C7BD9
_PAUSE_AFTER_FAILURE_S = 60.0
_MOST_EMBEDS = 10
_paused_until = 0.0


@dataclass(frozen=True, slots=True)
class Embed:
    """One framed part of a message. ``fields`` are name/value pairs; ``url`` is where its title leads; ``chart`` is a
    PNG."""

    title: str
    description: str = ""
    color: int = BLUE
    fields: Mapping[str, object] = field(default_factory=dict)
    url: str = ""
    chart: bytes | None = None


def send_discord_embed(
    title: str,
    description: str = "",
    color: int = BLUE,
    fields: Mapping[str, object] | None = None,
) -> bool:
    """Post one embed; True when Discord accepted it. Never raises: see :func:`send`."""
    return send([Embed(title, description, color, fields or {})])


def send(embeds: Sequence[Embed], about: str = "") -> bool:
    """Post embeds as one message; True when Discord accepted it. Never raises.

    Takes one timeout at most, and up to ten seconds more when Discord asks for patience (HTTP 429). After a failure
    further messages of this process are dropped for a minute, or for as long as Discord asked: when it is down, a flow
    waits once, not for each message. ``about`` names the subject in the delivery log.
    """
    global _paused_until
    title = embeds[0].title
    webhook = get_settings().discord_webhook_url
    if webhook is None:
        logger.info("Not sent to Discord, no webhook is configured: {}", title)
        return False
    if time.monotonic() < _paused_until:
        logger.warning("Not sent to Discord, it failed less than a minute ago: {}", title)
        deliveries.record(title, about, Outcome(None, 0, "dropped: an earlier message failed"))
        return False
    shown = embeds[:_MOST_EMBEDS]
    charts = {f"chart{place}.png": one.chart for place, one in enumerate(shown) if one.chart is not None}
    outcome = post(webhook.get_secret_value(), _payload(shown), charts, get_settings().notify_timeout_s)
    deliveries.record(title, about, outcome)
    if outcome.problem:
        _paused_until = time.monotonic() + (outcome.retry_after_s or _PAUSE_AFTER_FAILURE_S)
        logger.warning("Discord did not accept '{}': {}", title, outcome.problem)
        return False
    _paused_until = 0.0
    return True


def forget_failures() -> None:
    """Allow the next message immediately: for the test button."""
    global _paused_until
    _paused_until = 0.0


def _payload(embeds: Sequence[Embed]) -> dict[str, object]:
    parts = [_embed(one, f"chart{place}.png") for place, one in enumerate(embeds)]
    return {"username": "Shifumi", "embeds": parts, "allowed_mentions": {"parse": []}}


def _embed(one: Embed, chart: str) -> dict[str, object]:
    # Discord's limits: title 256, description 4096, 25 fields, name 256, value 1024 characters.
    fields = [
        {"name": name[:256], "value": str(value)[:1024] or "–", "inline": True} for name, value in one.fields.items()
    ]
    made: dict[str, object] = {
        "title": one.title[:256],
        "description": one.description[:4096],
        "color": one.color,
        "fields": fields[:25],
    }
    if one.url:
        made["url"] = one.url
    if one.chart is not None:
        made["image"] = {"url": f"attachment://{chart}"}
    return made
