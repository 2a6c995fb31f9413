"""Challengers: trained once per data and parameters, registered, and drawn."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.progress import Report, silent
from core.loop.stages import quick_parameters
from core.models import promotion, registry
from core.models.registry import Version
from core.models.serving import load_served
from core.workloads import get_workload
from core.workloads.base import QuickTraining, Trained, TrainsOnWindow, Workload


def train(
    workload_name: str, window: Sequence[Dataset], flow_run_id: str | None = None, report: Report = silent
) -> Version:
    """Train a challenger on ``window`` (oldest first), or find the one already trained on this very data with these
    parameters. A workload that takes one dataset at a time is trained on the newest, quickly at first where it can."""
    workload = get_workload(workload_name)
    used = window if isinstance(workload, TrainsOnWindow) else window[-1:]
    quick = quick_parameters(workload_name, used[-1])
    known = registry.find(workload_name, registry.fingerprint(used, quick or workload.training_parameters))
    if known is not None:
        report(1.0, say("training.known", version=known.version, dataset=used[-1].id))
        return known
    began = time.monotonic()
    trained = _fit(workload, used, quick, lambda share, message: report(0.8 * share, message))
    took_s = time.monotonic() - began
    report(0.8, say("training.logging"))
    version = registry.log_challenger(workload_name, used, trained, flow_run_id, took_s)
    report(1.0, say("training.registered", version=version.version))
    return version


def _fit(workload: Workload, window: Sequence[Dataset], quick: Mapping[str, Any] | None, report: Report) -> Trained:
    if quick is not None and isinstance(workload, QuickTraining):
        return workload.train_quick(window[-1], quick, report)
    if len(window) > 1 and isinstance(workload, TrainsOnWindow):
        return workload.train_window(window, report)
    return workload.train(window[-1], report)


def adopt_starter(workload_name: str) -> Version | None:
    """Make the model that ships with the workload its first champion; None when nothing ships."""
    starter = get_workload(workload_name).starter()
    if starter is None:
        return None
    known = registry.find(workload_name, registry.fingerprint((), starter.parameters))
    version = known or registry.log_challenger(workload_name, (), starter, None)
    return promotion.promote(SYSTEM, workload_name, version.version)


def draw(version: Version, dataset: Dataset) -> None:
    """Attach the workload's figures about a version to its MLflow run."""
    workload = get_workload(version.workload)
    predictor = load_served(version).predictor
    figures = workload.draw(predictor, dataset, workload.evaluate(predictor, dataset))
    registry.log_figures(version, list(figures))
