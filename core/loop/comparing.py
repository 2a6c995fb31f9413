"""A challenger compared with the champion, on samples that neither has seen."""

from __future__ import annotations

from core.config.messages import say
from core.loop.loop_run import Judgement, LoopRun
from core.loop.measuring import evaluate, measure, unseen
from core.models import registry
from core.models.registry import Version
from core.workloads import get_workload
from core.workloads.base import Comparison, Evidence


def compare(run: LoopRun, challenger: Version) -> Judgement:
    """Measure champion and challenger on samples that neither has seen, and compare them pairwise.

    Without a champion any challenger is better.
    """
    scores, whole = evaluate(challenger, run.dataset)
    registry.log_scores(challenger, scores)
    workload = get_workload(run.workload)
    if run.champion is None or run.scores is None:
        reason = say("comparison.first", metric=workload.metric, value=scores.value)
        return Judgement(scores, Comparison(True, 0.0, reason))
    against = run.scores if run.whole == whole else measure(run.champion, run.dataset, whole=False)
    if (new := unseen(run, scores)) is not None:
        return Judgement(scores, workload.compare(against.only(new), scores.only(new)))
    return Judgement(scores, workload.compare(against, scores))


def on_the_holdouts(run: LoopRun, judgement: Judgement) -> tuple[Evidence | None, int]:
    """Cumulative data: the evidence of the holdouts since the alarm, which grow, and how many there were. None where
    there is no champion, or each dataset is new as a whole."""
    evidence = judgement.comparison.evidence
    if evidence is None or run.champion is None or not get_workload(run.workload).cumulative:
        return None, 1
    if run.challenge is None:
        return evidence, 1
    return run.challenge.evidence + evidence, run.challenge.datasets + bool(evidence.samples)
