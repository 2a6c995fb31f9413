"""One HTTP request to Discord's webhook, repeated when Discord asks to wait."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

MOST_ATTEMPTS = 3
MOST_WAIT_S = 10.0
"""Longer waits than this in all would hold up a flow: the message is given up, and the pause is kept."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status`` is the last HTTP status, None without an answer; ``problem`` is empty for a delivered message;
    ``retry_after_s`` is how long Discord still wants nothing."""

    status: int | None
    attempts: int
    problem: str = ""
    retry_after_s: float = 0.0


def post(
    url: str,
    payload: Mapping[str, Any],
    files: Mapping[str, bytes],
    timeout_s: float,
    wait: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Send ``payload``, with ``files`` as attachments (name → PNG). Never raises.

    HTTP 429 is answered by waiting as long as ``Retry-After`` says; ``wait`` does that.
    """
    waited = 0.0
    for attempt in range(1, MOST_ATTEMPTS + 1):
        outcome = _once(url, payload, files, timeout_s, attempt)
        pause = outcome.retry_after_s
        if outcome.status != TOO_MANY or attempt == MOST_ATTEMPTS or waited + pause > MOST_WAIT_S:
            return outcome
        wait(pause)
        waited += pause
    raise AssertionError("the last attempt returns")


def _once(url: str, payload: Mapping[str, Any], files: Mapping[str, bytes], timeout_s: float, attempt: int) -> Outcome:
    """In a thread: httpx limits each read, not the whole request."""
    made: list[Outcome] = []

    def work() -> None:
        try:
            answer = _request(url, payload, files, timeout_s)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The type only: the text of some errors contains the URL, which is the secret.
            made.append(Outcome(None, attempt, type(error).__name__))
            return
        problem = "" if answer.is_success else f"HTTP {answer.status_code}"
        pause = _retry_after_s(answer) if answer.status_code == TOO_MANY else 0.0
        made.append(Outcome(answer.status_code, attempt, problem, pause))

    worker = threading.Thread(target=work, name="discord", daemon=True)
    worker.start()
    worker.join(timeout_s)
    return made[0] if made else Outcome(None, attempt, f"no response within {timeout_s:g} s")


def _request(url: str, payload: Mapping[str, Any], files: Mapping[str, bytes], timeout_s: float) -> httpx.Response:
    if not files:
        return httpx.post(url, json=payload, timeout=timeout_s)
    parts = {f"files[{place}]": (name, content, "image/png") for place, (name, content) in enumerate(files.items())}
    return httpx.post(url, data={"payload_json": json.dumps(payload)}, files=parts, timeout=timeout_s)


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds, from the header (a number or a date) or from Discord's JSON; one second when neither can be read."""
    given = answer.headers.get("Retry-After", "")
    try:
        return max(float(given), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(given).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        pass
    try:
        return max(float(answer.json()["retry_after"]), 0.0)
    except (ValueError, KeyError, TypeError):
        return 1.0
