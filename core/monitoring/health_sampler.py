"""Samples the health of every service each half minute while the flow runner runs.

Nothing here may stop the runner: a locked or unavailable catalog costs one log record, and samples are
written when it is back.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.engine import CatalogUnavailableError
from core.catalog.tables import utcnow
from core.config.logs import redact
from core.config.settings import get_settings
from core.monitoring import deliveries, health_history
from core.monitoring.health import ComponentState, component_states
from core.monitoring.health_history import Sample

_BACKLOG = 2_000
_PRUNE_EVERY_S = 3600.0
_LONGEST_DETAIL = 200


class Sampler:
    """Samples, keeps what could not be written yet, and deletes old samples and deliveries.

    ``problem`` is why samples wait.
    """

    def __init__(self, interval_s: float, look: Callable[[], Sequence[ComponentState]] = component_states) -> None:
        self._interval_s = interval_s
        self._look = look
        self._waiting: deque[Sample] = deque(maxlen=_BACKLOG)
        self._prune_due = 0.0
        self.problem: str | None = None

    def take(self, now: datetime | None = None) -> None:
        """Sample every service once and write all waiting samples. Never raises."""
        try:
            self._waiting.extend(samples(self._look(), now or utcnow()))
            health_history.record(list(self._waiting), self._interval_s)
            self._waiting.clear()
            self._prune()
        except (CatalogUnavailableError, SQLAlchemyError) as error:
            self._report(str(error))
        except Exception:  # noqa: BLE001 - the runner is worth more than its history
            logger.exception("Health samples could not be written; trying again")
        else:
            self.problem = None

    def _prune(self) -> None:
        if time.monotonic() >= self._prune_due:
            health_history.prune(utcnow() - timedelta(days=get_settings().health_keep_days))
            if days := get_settings().retention_days:
                deliveries.prune(utcnow() - timedelta(days=days))
            self._prune_due = time.monotonic() + _PRUNE_EVERY_S

    def _report(self, problem: str) -> None:
        if self.problem is None:  # once, not every half minute
            logger.warning("Health samples cannot be written: {}", problem)
        self.problem = problem


def samples(states: Sequence[ComponentState], at: datetime) -> list[Sample]:
    """Samples to write: a starting service is neither up nor down."""
    return [
        Sample(at, state.name, state.state == "healthy", _detail(state), state.milliseconds)
        for state in states
        if not is_starting(state)
    ]


def is_starting(state: ComponentState) -> bool:
    """Starting, or the MLflow store before its first start."""
    return state.state == "starting" or (state.name == "store" and state.detail.startswith("not created yet"))


def _detail(state: ComponentState) -> str:
    return "" if state.state == "healthy" else redact(state.detail)[:_LONGEST_DETAIL]


def run(stop: threading.Event | None = None) -> None:
    """Sample until ``stop``. The first sample waits one interval: services that start together need a moment."""
    interval_s = get_settings().health_interval_s
    if not interval_s:
        return
    sampler, stop = Sampler(interval_s), stop or threading.Event()
    while not stop.wait(interval_s):
        sampler.take()
