"""The loop: evaluate, alarm, train, then test on new data, promote. Plain functions; read this to understand Shifumi.

    dataset -> evaluate the champion -> alarm? -> train a challenger on the data that raised it
    next dataset -> compare both on all of it, add up the evidence -> promote | reject | wait
                 -> compare the previous champion too -> better after all? roll back

*Test, then train* (prequential evaluation, A. P. Dawid, 1984): a model is compared on data that came after its
training, so that one bad dataset cannot crown the model that learnt it. Where datasets are cumulative (labelled
images), the holdout is what no model has seen: the comparison follows the training at once, and goes on with what is
new in later holdouts.

Nothing here knows Prefect or Streamlit, nor which workload it turns: ``flows/check.py`` wraps the steps in tasks,
:func:`run_once` runs them in order for scripts and tests. The methods are explained in docs/continual-learning.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.catalog.tables import Dataset, Decision
from core.config.messages import Message, say
from core.config.progress import Report, silent
from core.loop import contract, history
from core.loop.comparing import compare as compare
from core.loop.comparing import on_the_holdouts
from core.loop.decisions import KEPT, PENDING, PROMOTED, REJECTED, ROLLED_BACK, record
from core.loop.gate import NO_CHAMPION, ask
from core.loop.loop_run import Challenge, Judgement, LoopRun, Shadow, Steps
from core.loop.measuring import evaluate, measure_refit
from core.loop.policy import Policy
from core.loop.reconcile import record_moved_alias
from core.loop.settled import settled
from core.loop.shadow import in_the_shadow
from core.loop.training import adopt_starter, train
from core.loop.under_pin import promote_unless_pinned, promotion_held, rollback_held
from core.models import registry
from core.models.registry import Version
from core.storage import datasets
from core.workloads import get_workload
from core.workloads.base import Evidence

MOST = 3
"""Longer windows lag behind a world that goes on changing."""


def evaluate_champion(workload_name: str, forced: bool = False, flow_run_id: str | None = None) -> LoopRun:
    """Evaluate the champion on the next dataset and ask the gate.

    A dataset is judged once per champion and policy: the second look finds the decision and measures nothing, unless
    feedback raised the alarm meanwhile. Raises
    :class:`core.storage.datasets.NoDatasetError` when there is nothing to evaluate on.
    """
    usable, skipped = contract.usable(workload_name)
    dataset = next_dataset(workload_name)
    skipped = skipped if dataset.id == usable.id else None
    policy = Policy.of(get_workload(workload_name))
    champion = registry.champion(workload_name) or adopt_starter(workload_name)
    run = LoopRun(workload_name, dataset, champion, None, NO_CHAMPION, policy, flow_run_id)
    if champion is None:
        return run
    record_moved_alias(champion, dataset, policy)
    run = replace(run, challenge=history.challenge(workload_name, champion, dataset.id))
    if not forced and (known := settled(dataset, champion, policy)) is not None:
        return replace(run, judged=known, skipped=skipped)
    scores, whole = evaluate(champion, dataset)
    if whole:
        measure_refit(champion, dataset)
    run = replace(run, scores=scores, whole=whole)
    verdict = ask(run, champion, scores, forced)
    run = replace(run, gate=replace(verdict, reason=contract.reason_with(skipped, dataset, verdict.reason)))
    return replace(run, shadow=in_the_shadow(run))


def next_dataset(workload_name: str) -> Dataset:
    """The oldest dataset that no decision is about yet, so that each is compared on in its turn; else the newest.

    Raises :class:`core.storage.datasets.NoDatasetError`.
    """
    return history.unjudged(workload_name) or datasets.latest(workload_name)


def train_for(run: LoopRun, report: Report = silent) -> Version:
    """Train a challenger on the datasets for which the loss has been higher."""
    return train(run.workload, window(run), run.flow_run_id, report)


def window(run: LoopRun) -> Sequence[Dataset]:
    """What the next challenger is trained on, oldest first: the newest dataset and, of those before it, the ones that
    the alarm counts to the same change."""
    before = datasets.good(run.workload, before=run.dataset.id, limit=min(run.gate.window, MOST) - 1)
    return [*before[::-1], run.dataset]


def decide(run: LoopRun, steps: Steps) -> Decision:
    """What follows from an evaluation: see the picture above."""
    if run.judged is not None:
        return run.judged
    if run.shadow is not None and _convinces(run, run.shadow.together):
        if (pinned := promote_unless_pinned(run.shadow.version)) is None:
            return record(run, ROLLED_BACK, _shadow_won(run.shadow), run.shadow.scores, run.shadow.version)
        run = replace(run, held=(rollback_held(run.shadow, pinned),))
    if run.challenge is not None and (waiting := _new_to(run, run.challenge)) is not None:
        return _compare_waiting(run, run.challenge, waiting, steps)
    if not run.gate.retrain:
        return record_kept(run)
    challenger = steps.train(run)
    if (obstacle := _not_eligible(run, challenger)) is not None:
        return record_kept(run, obstacle)
    if run.champion is not None and run.policy.confirmations:
        return record(run, PENDING, (run.gate.reason, _waits(run, challenger)), None, challenger)
    judgement = steps.compare(run, challenger)
    found, seen = on_the_holdouts(run, judgement)
    better = judgement.comparison.better if found is None else _wins(run, judgement, found)
    if not better and found is not None and found.gain > 0 and seen < run.policy.patience:
        return _settle(run, challenger, judgement, PENDING, _waits(run, challenger))
    if not better:
        return _settle(run, challenger, judgement, REJECTED)
    if (pinned := promote_unless_pinned(challenger)) is None:
        return _settle(run, challenger, judgement, PROMOTED)
    return _settle(replace(run, held=(*run.held, promotion_held(challenger, pinned))), challenger, judgement, PENDING)


def _new_to(run: LoopRun, challenge: Challenge) -> Version | None:
    """The challenger that waits for data, when this dataset is new to it."""
    waiting = registry.get_version(run.workload, challenge.challenger)
    return None if run.dataset.id in waiting.trained_on else waiting


def _compare_waiting(run: LoopRun, challenge: Challenge, waiting: Version, steps: Steps) -> Decision:
    """Promote it, reject it, or let it wait; while the alarm goes on its successor learns this data too."""
    judgement = steps.compare(run, waiting)
    found = challenge.evidence + (judgement.comparison.evidence or Evidence())
    seen = challenge.datasets + bool(judgement.comparison.evidence is None or judgement.comparison.evidence.samples)
    # A test that does not add up over datasets decides on the newest alone.
    better = judgement.comparison.better if judgement.comparison.evidence is None else _wins(run, judgement, found)
    better = better and seen >= run.policy.confirmations and _not_eligible(run, waiting) is None
    if not better and (seen >= run.policy.patience or (not run.gate.retrain and found.gain <= 0)):
        return _settle(run, waiting, judgement, REJECTED)
    pinned = promote_unless_pinned(waiting) if better else None
    if better and pinned is None:
        return _settle(run, waiting, judgement, PROMOTED)
    successor = steps.train(run) if run.gate.retrain else waiting
    reason = (
        run.gate.reason,
        judgement.comparison.summary,
        promotion_held(waiting, pinned) if pinned else _waits(run, successor),
    )
    return record(run, PENDING, reason, judgement.scores, successor, judgement.comparison)


def _convinces(run: LoopRun, evidence: Evidence) -> bool:
    return evidence.convinces(run.policy.promote_alpha, run.policy.promote_min_gain)


def _wins(run: LoopRun, judgement: Judgement, evidence: Evidence) -> bool:
    """Never without a new sample: then nothing was compared, also not whether others are harmed."""
    new = judgement.comparison.evidence
    return _convinces(run, evidence) and judgement.comparison.unharmed and new is not None and new.samples > 0


def _waits(run: LoopRun, challenger: Version) -> Message:
    if get_workload(run.workload).cumulative:
        return say("decision.holdout_waits", version=challenger.version)
    return say("decision.waits", version=challenger.version)


def _not_eligible(run: LoopRun, challenger: Version) -> Message | None:
    """Why a version cannot become champion by the loop's decision; None when it can."""
    if run.champion is not None and challenger.version == run.champion.version:
        return say("decision.nothing_new", dataset=run.dataset.id)
    if challenger.version in history.rolled_back(run.workload):
        return say("decision.was_rolled_back", version=challenger.version)
    return None


def _shadow_won(shadow: Shadow) -> Message:
    """The previous champion was better after all; the version that replaced it never returns by itself."""
    together = shadow.together
    return say("decision.shadow_won", version=shadow.version.version, gain=together.mean_gain, p=together.p_value)


def _settle(run: LoopRun, challenger: Version, judgement: Judgement, kind: str, *more: Message) -> Decision:
    """Record what was decided on a challenger."""
    reason = (run.gate.reason, judgement.comparison.summary, *more)
    return record(run, kind, reason, judgement.scores, challenger, judgement.comparison)


def record_kept(run: LoopRun, reason: Message | None = None) -> Decision:
    """Record that the champion stays."""
    told = reason or run.gate.reason
    # What people reported is answered, also when no training can follow from it.
    return record(run, KEPT, (run.gate.reason, reason) if reason and run.gate.feedback else told, run.scores)


def run_once(workload_name: str, *, forced: bool = False, report: Report = silent) -> Decision:
    """One whole turn, without Prefect."""
    return decide(evaluate_champion(workload_name, forced), Steps(lambda run: train_for(run, report=report), compare))
