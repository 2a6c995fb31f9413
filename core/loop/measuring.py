"""Models measured on datasets, and kept in the catalog."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select

from core.catalog.engine import writing
from core.catalog.tables import Dataset, Evaluation
from core.loop.alarm import LOSS, REFIT, Loss
from core.loop.loop_run import LoopRun
from core.models.registry import Version
from core.models.serving import load_served
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import EvaluatesWhole, HoldoutKeys, RefitGain, Scores
from core.workloads.origins import SESSIONS, units


def evaluate(version: Version, dataset: Dataset) -> tuple[Scores, bool]:
    """Measure a version on what it has not seen and keep the metrics; whether that was the whole dataset.

    A dataset that it was not trained on is new to it as a whole, where the workload's datasets are independent.
    """
    whole = new_as_a_whole(version, dataset)
    scores = measure(version, dataset, whole=whole)
    _keep(version, dataset, scores)
    return scores, whole


def new_as_a_whole(version: Version, dataset: Dataset) -> bool:
    """Whether every sample is new to the version, not only the holdout."""
    workload = get_workload(version.workload)
    return isinstance(workload, EvaluatesWhole) and not workload.cumulative and dataset.id not in version.trained_on


def measure_refit(champion: Version, dataset: Dataset) -> None:
    """Keep by how much a model fitted to this dataset would be better, where the workload can say so."""
    workload = get_workload(champion.workload)
    if not isinstance(workload, RefitGain):
        return
    gains = workload.refit_gain(load_served(champion).predictor, dataset)
    if gains is None or not len(gains):
        return
    with writing() as session:
        if (row := session.scalars(_of(champion, dataset)).first()) is not None:  # else it was deleted meanwhile
            row.details = {**row.details, REFIT: asdict(Loss.of(gains))}


def measure(version: Version, dataset: Dataset, *, whole: bool) -> Scores:
    """Measure a version on the dataset's holdout or, when it is ``whole``, on all of it."""
    workload = get_workload(version.workload)
    predictor = load_served(version).predictor
    if whole and isinstance(workload, EvaluatesWhole):
        return workload.evaluate_whole(predictor, dataset)
    return workload.evaluate(predictor, dataset)


def unseen(run: LoopRun, scores: Scores) -> NDArray[np.bool_] | None:
    """Which samples of a growing holdout have not been evidence about a challenger of this champion yet, shape (n,).

    None where each dataset is new as a whole.
    """
    workload = get_workload(run.workload)
    if run.challenge is None or scores.origins is None or not isinstance(workload, HoldoutKeys):
        return None
    compared = [found for one in run.challenge.compared if (found := datasets.get(one)) is not None]
    seen = frozenset[str]().union(*(workload.holdout_keys(dataset) for dataset in compared))
    if units(scores.origins).kind == SESSIONS:  # what shares a session's luck with what was compared is not new
        seen_sessions = {one.session for one in scores.origins if one.key in seen}
        return np.array([one.session not in seen_sessions for one in scores.origins], dtype=np.bool_)
    return np.array([one.key not in seen for one in scores.origins], dtype=np.bool_)


def _keep(version: Version, dataset: Dataset, scores: Scores) -> None:
    """One row per version and dataset: measuring again replaces it."""
    loss = {} if scores.losses is None else {LOSS: asdict(Loss.of(scores.losses))}
    with writing() as session:
        row = session.scalars(_of(version, dataset)).first() or Evaluation(
            workload=version.workload, version=version.version, dataset_id=dataset.id
        )
        row.metric, row.value = scores.metric, scores.value
        row.ci_low, row.ci_high = scores.ci_low, scores.ci_high
        row.details = {**scores.details, **loss}
        session.add(row)


def _of(version: Version, dataset: Dataset) -> Select[tuple[Evaluation]]:
    return select(Evaluation).where(
        Evaluation.workload == version.workload,
        Evaluation.version == version.version,
        Evaluation.dataset_id == dataset.id,
    )
