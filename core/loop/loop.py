"""The loop: evaluate, gate, train, compare, promote. Plain functions; read this to understand Shifumi.

    dataset -> evaluate champion -> gate: keep? retrain? -> train challenger -> compare -> promote or reject

Nothing here knows Prefect or Streamlit, nor which workload it turns: ``flows/check.py`` wraps the
steps in tasks, :func:`run_once` runs them in order for scripts and tests.
"""

from __future__ import annotations

import time
from dataclasses import replace

from core.auth.roles import SYSTEM, Actor
from core.catalog.engine import writing
from core.catalog.tables import Dataset, Decision, Evaluation
from core.config.messages import Message, say
from core.config.progress import Report, silent
from core.loop import contract
from core.loop.decisions import KEPT, PROMOTED, REJECTED, record
from core.loop.loop_run import Gate, LoopRun
from core.models import promotion, registry
from core.models.registry import Version
from core.models.serving import load_served
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Comparison, Drift, Scores


def evaluate(version: Version, dataset: Dataset) -> Scores:
    """Measure a version on the dataset's holdout and keep the figures in the catalog."""
    workload = get_workload(version.workload)
    scores = workload.evaluate(load_served(version).predictor, dataset)
    with writing() as session:
        session.add(
            Evaluation(
                workload=version.workload,
                version=version.version,
                dataset_id=dataset.id,
                metric=scores.metric,
                value=scores.value,
                ci_low=scores.ci_low,
                ci_high=scores.ci_high,
                details=scores.details,
            )
        )
    return scores


def gate(workload_name: str, champion: Version | None, scores: Scores | None, dataset: Dataset, forced: bool) -> Gate:
    """Decide whether the champion must be challenged.

    Retrain when there is no champion, a person insists, the metric is below the threshold, or the
    data drifted from what the champion was trained on.
    """
    workload = get_workload(workload_name)
    if champion is None or scores is None:
        return Gate(True, say("gate.no_champion"))
    drift = _drift(champion, dataset)
    if forced:
        return Gate(True, say("gate.forced"), drift)
    metric, value, threshold = workload.metric, scores.value, workload.threshold
    if value < threshold:
        return Gate(True, say("gate.under_threshold", metric=metric, value=value, threshold=threshold), drift)
    if drift.found:
        return Gate(True, drift.summary, drift)
    return Gate(False, say("gate.holds", metric=metric, value=value, threshold=threshold), drift)


def _drift(champion: Version, dataset: Dataset) -> Drift:
    if not champion.dataset_sha256:
        return Drift(False, say("drift.starter"))
    reference = datasets.by_sha256(champion.dataset_sha256)
    if reference is None:
        return Drift(False, say("drift.reference_deleted"))
    return get_workload(champion.workload).drift(reference, dataset, load_served(champion).predictor)


def train(workload_name: str, dataset: Dataset, flow_run_id: str | None = None, report: Report = silent) -> Version:
    """Train a challenger, or find the one already trained on this very data with these parameters."""
    workload = get_workload(workload_name)
    known = registry.find(workload_name, registry.fingerprint(dataset, workload.training_parameters))
    if known is not None:
        report(1.0, say("training.known", version=known.version, dataset=dataset.id))
        return known
    began = time.monotonic()
    trained = workload.train(dataset, lambda share, message: report(0.8 * share, message))
    took_s = time.monotonic() - began
    report(0.8, say("training.logging"))
    version = registry.log_challenger(workload_name, dataset, trained, flow_run_id, took_s)
    report(1.0, say("training.registered", version=version.version))
    return version


def compare(workload_name: str, champion: Scores | None, challenger: Scores) -> Comparison:
    """Paired comparison on the same holdout; without a champion any challenger is better.

    A challenger over the threshold also replaces a champion under it, certain or not.
    """
    workload = get_workload(workload_name)
    if champion is None:
        return Comparison(True, 0.0, say("comparison.first", metric=workload.metric, value=challenger.value))
    comparison = workload.compare(champion, challenger)
    if comparison.better or not champion.value < workload.threshold <= challenger.value:
        return comparison
    summary = say("comparison.over_threshold", comparison=comparison.summary)
    return Comparison(True, comparison.p_value, summary, comparison.details)


def adopt_starter(workload_name: str) -> Version | None:
    """Make the model that ships with the workload its first champion; None when nothing ships."""
    starter = get_workload(workload_name).starter()
    if starter is None:
        return None
    known = registry.find(workload_name, registry.fingerprint(None, starter.parameters))
    version = known or registry.log_challenger(workload_name, None, starter, None)
    return promotion.promote(SYSTEM, workload_name, version.version)


def evaluate_champion(workload_name: str, forced: bool = False, flow_run_id: str | None = None) -> LoopRun:
    """Evaluate the champion on the newest dataset and ask the gate.

    Raises :class:`core.storage.datasets.NoDatasetError` when there is nothing to evaluate on.
    """
    dataset, skipped = contract.usable(workload_name)
    champion = registry.champion(workload_name) or adopt_starter(workload_name)
    scores = evaluate(champion, dataset) if champion else None
    verdict = gate(workload_name, champion, scores, dataset, forced)
    verdict = replace(verdict, reason=contract.reason_with(skipped, dataset, verdict.reason))
    return LoopRun(workload_name, dataset, champion, scores, verdict, flow_run_id)


def record_kept(run: LoopRun, reason: Message | None = None) -> Decision:
    """Record that the champion stays."""
    return record(run, KEPT, reason or run.gate.reason, run.scores)


def evaluate_challenger(run: LoopRun, challenger: Version, actor: Actor = SYSTEM) -> Decision:
    """Measure the challenger against the champion; promote or reject it, and record which."""
    if run.champion is not None and challenger.version == run.champion.version:
        return record_kept(run, say("decision.nothing_new", dataset=run.dataset.id))
    scores = evaluate(challenger, run.dataset)
    registry.log_scores(challenger, scores)
    comparison = compare(run.workload, run.scores, scores)
    if comparison.better:
        promotion.promote(actor, run.workload, challenger.version)
    kind = PROMOTED if comparison.better else REJECTED
    return record(run, kind, (run.gate.reason, comparison.summary), scores, challenger, comparison)


def draw(version: Version, dataset: Dataset) -> None:
    """Attach the workload's figures about a version to its MLflow run."""
    workload = get_workload(version.workload)
    predictor = load_served(version).predictor
    figures = workload.draw(predictor, dataset, workload.evaluate(predictor, dataset))
    registry.log_figures(version, list(figures))


def run_once(workload_name: str, *, forced: bool = False, report: Report = silent) -> Decision:
    """One whole turn, without Prefect."""
    run = evaluate_champion(workload_name, forced)
    if not run.gate.retrain:
        return record_kept(run)
    return evaluate_challenger(run, train(workload_name, run.dataset, report=report))
