"""``random-check``: the course's first exercise. Every 30 s a random number decides whether there is drift.

Its schedule is paused at first; resume it on the Flows page and watch it fail, retry and recover.
"""

from __future__ import annotations

import random

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.state_hooks import HOOKS


class RandomDriftError(RuntimeError):
    """The random number means drift."""


@task(retries=2, retry_delay_seconds=2, cache_policy=NO_CACHE)
def check_random() -> str:
    """Draw a number: below 0.5 means drift, and the task fails and is retried."""
    drawn = random.random()  # noqa: S311 - a coin, not a key
    if drawn < 0.5:
        get_run_logger().warning("drift: drew %.2f", drawn)
        raise RandomDriftError(f"drift: drew {drawn:.2f}, which is below 0.50")
    get_run_logger().info("OK: drew %.2f", drawn)
    return "ok"


@flow(name="random-check", **HOOKS)
def periodic_check() -> str:
    """Draw a random number; the run fails when three attempts in a row mean drift."""
    return check_random()
