"""The gate: is there a reason to challenge the champion?"""

from __future__ import annotations

from core.catalog.tables import Dataset
from core.config.messages import Message, say
from core.config.settings import get_settings
from core.loop import feedback, history
from core.loop.alarm import avoidable, loss_alarm, refit_alarm
from core.loop.loop_run import Gate, LoopRun
from core.loop.stages import full_training_due
from core.models.registry import Version
from core.models.serving import load_served
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Drift, LearnsLabels, Scores

NO_CHAMPION = Gate(True, say("gate.no_champion"))
"""A first model is trained without further ado."""


def ask(run: LoopRun, champion: Version, scores: Scores, forced: bool) -> Gate:
    """Decide whether the champion must be challenged.

    A user insists, the full training follows the quick one, the metric is below the threshold, the loss rose since the
    promotion, the accuracy on feedback fell, a model fitted to the newest data would be better, or people labelled
    enough. That data looks different is no reason where errors are measured: it is reported. Where datasets are
    cumulative, drift in what is new is one.
    """
    workload, policy = get_workload(run.workload), run.policy
    drift = _drift(champion, run.dataset)
    if forced:
        return Gate(True, say("gate.forced"), drift)
    if full_training_due(run.workload, run.dataset):
        return Gate(True, say("gate.full_training"), drift)
    raised = loss_alarm(history.losses(run.workload, champion), policy.alarm_alpha, policy.alarm_min_loss)
    gains = history.refit_gains(run.workload, champion)
    raised = raised if raised and avoidable(raised, *gains) else None
    refit = refit_alarm(*gains, policy.alarm_alpha, policy.alarm_min_loss)
    window = max((one.datasets for one in (raised, refit) if one), default=1)
    fell = feedback.alarm(champion, policy)
    metric, value = workload.metric, scores.value
    if value < policy.threshold:
        reason = say("gate.under_threshold", metric=metric, value=value, threshold=policy.threshold)
        return Gate(True, reason, drift, window, fell)
    if raised:
        reason = say("gate.loss_rose", before=raised.before, now=raised.now, datasets=raised.datasets, p=raised.p_value)
        return Gate(True, reason, drift, window, fell)
    if fell:
        reason = say("gate.feedback_fell", before=fell.before, now=fell.now, labels=fell.labels, p=fell.p_value)
        return Gate(True, reason, drift, window, fell)
    if refit:
        reason = say("gate.refit_better", gain=refit.now, datasets=refit.datasets, p=refit.p_value)
        return Gate(True, reason, drift, window)
    if (new := _new_labels(champion, run.dataset)) is not None:
        return Gate(True, new, drift)
    if workload.cumulative and drift.found:
        return Gate(True, drift.summary, drift)
    return Gate(False, say("gate.holds", metric=metric, value=value, threshold=policy.threshold), drift)


def _drift(champion: Version, dataset: Dataset) -> Drift:
    if not champion.dataset_sha256:
        return Drift(False, say("drift.starter"))
    reference = datasets.by_sha256(champion.dataset_sha256)
    if reference is None:
        return Drift(False, say("drift.reference_deleted"))
    return get_workload(champion.workload).drift(reference, dataset, load_served(champion).predictor)


def _new_labels(champion: Version, dataset: Dataset) -> Message | None:
    """That people labelled enough since the champion was trained; None while they did not."""
    workload, least = get_workload(champion.workload), get_settings().retrain_new_labels
    if not least or not isinstance(workload, LearnsLabels) or dataset.sha256 == champion.dataset_sha256:
        return None
    number = workload.new_labels(history.last_learnt(champion), dataset)
    return say("gate.new_labels", number=number, version=champion.version) if number >= least else None
