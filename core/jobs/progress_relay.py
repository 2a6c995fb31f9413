"""Live progress of a training and early stopping, whether it runs here or on a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from math import isfinite, nan
from typing import Any

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.tables import Job
from core.config.messages import as_json, from_json
from core.config.settings import get_settings
from core.jobs import work_items
from core.workloads.base import ObservableTraining, TrainingProgress


def training_progress(learnt: ObservableTraining, job: Job) -> TrainingProgress | None:
    """Current progress of ``job``'s training; None while there is nothing to show."""
    if get_settings().celery_broker_url is None:
        return learnt.training_progress(job.created_at)
    item = work_items.running_of(job.id)
    if item is None or not item.learning:
        return None
    seen = _unpacked(item.learning)
    return replace(seen, stopping=seen.stopping or item.stop_asked_by is not None)


def stop_early(actor: Actor, learnt: ObservableTraining, job: Job) -> bool:
    """End the training of ``job`` early, keeping the best so far; False when none runs. Raises ``ForbiddenError``."""
    if get_settings().celery_broker_url is None:
        return learnt.stop_early(actor)
    require(actor, Role.EDITOR)
    item = work_items.running_of(job.id)
    if item is None or not work_items.request_stop(item.id, actor.username):
        return False
    audit.record_event(actor, "training.stop", f"{job.kind}/{job.workload}", job=job.id)
    return True


class ProgressRelay:
    """Copies the progress of an :class:`ObservableTraining` to the work item's row, and a stop request back.

    Created in the process that trains, when the training starts.
    """

    def __init__(self, learnt: ObservableTraining, item_id: str, owner: str, since: datetime) -> None:
        self._learnt, self._item_id, self._owner, self._since = learnt, item_id, owner, since
        self._told: dict[str, Any] = {}
        self._stopped = False

    def relay_once(self) -> None:
        """Copy once in both directions. Raises :class:`core.jobs.work_items.LeaseLostError`."""
        seen = self._learnt.training_progress(self._since)
        if seen is None:
            return
        if (now := _packed(seen)) != self._told:
            work_items.report_progress(self._item_id, self._owner, learning=now)
            self._told = now
        item = work_items.get(self._item_id)
        if item is not None and item.stop_asked_by and not self._stopped:
            self._stopped = self._learnt.stop_early(Actor(item.stop_asked_by, Role.EDITOR))


def _packed(seen: TrainingProgress) -> dict[str, Any]:
    """For JSON, which has no NaN: gaps in a curve are stored as null."""
    curves = {
        name: {line: [value if isfinite(value) else None for value in values] for line, values in lines.items()}
        for name, lines in (("losses", seen.losses), ("figures", seen.figures))
    }
    return {**asdict(seen), "words": as_json(seen.words), **curves}


def _unpacked(kept: Mapping[str, Any]) -> TrainingProgress:
    curves = {
        name: {line: [nan if value is None else value for value in values] for line, values in kept[name].items()}
        for name in ("losses", "figures")
    }
    return TrainingProgress(**{**kept, "words": from_json(kept["words"]), **curves})
