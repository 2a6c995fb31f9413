"""Discord messages through a webhook: disabled without one, and never blocking."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import httpx
from loguru import logger

from core.config.settings import get_settings

GREEN, YELLOW, RED, BLUE = 0x2E9E6B, 0xE0A526, 0xD64545, 0x4C7BD9
_PAUSE_AFTER_FAILURE_S = 60.0
_paused_until = 0.0


def send_discord_embed(
    title: str,
    description: str = "",
    color: int = BLUE,
    fields: Mapping[str, object] | None = None,
) -> bool:
    """Post one embed; True when Discord accepted it. Never raises and never takes longer than the timeout.

    After a failure further messages of this process are dropped for a minute: when Discord is down, a flow
    waits for one timeout, not for one per message. ``fields`` become name/value pairs.
    """
    global _paused_until
    webhook = get_settings().discord_webhook_url
    if webhook is None:
        logger.info("Not sent to Discord, no webhook is configured: {}", title)
        return False
    if time.monotonic() < _paused_until:
        logger.warning("Not sent to Discord, it failed less than a minute ago: {}", title)
        return False
    problem = _post(webhook.get_secret_value(), _embed(title, description, color, fields or {}))
    if problem:
        _paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_S
        logger.warning("Discord did not accept '{}': {}", title, problem)
        return False
    _paused_until = 0.0
    return True


def forget_failures() -> None:
    """Allow the next message immediately: for the test button."""
    global _paused_until
    _paused_until = 0.0


def _embed(title: str, description: str, color: int, fields: Mapping[str, object]) -> dict[str, object]:
    # Discord's limits: title 256, description 4096, 25 fields, name 256, value 1024 characters.
    listed = [{"name": name[:256], "value": str(value)[:1024] or "–", "inline": True} for name, value in fields.items()]
    embed = {"title": title[:256], "description": description[:4096], "color": color, "fields": listed[:25]}
    return {"username": "Shifumi", "embeds": [embed], "allowed_mentions": {"parse": []}}


def _post(url: str, payload: dict[str, object]) -> str | None:
    """The reason of a failure, or None. In a thread: httpx limits each read, not the whole request."""
    outcome: list[str | None] = []

    def work() -> None:
        try:
            answer = httpx.post(url, json=payload, timeout=get_settings().notify_timeout_s)
            outcome.append(None if answer.is_success else f"HTTP {answer.status_code}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The type only: the text of some errors contains the URL, which is the secret.
            outcome.append(type(error).__name__)

    worker = threading.Thread(target=work, name="discord", daemon=True)
    worker.start()
    worker.join(get_settings().notify_timeout_s)
    return outcome[0] if outcome else f"no response within {get_settings().notify_timeout_s:g} s"
