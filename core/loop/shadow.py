"""The previous champion goes on in the shadow: it is measured beside the one that replaced it."""

from __future__ import annotations

from core.loop import history
from core.loop.loop_run import LoopRun, Shadow
from core.loop.measuring import evaluate
from core.models import registry
from core.workloads import get_workload


def in_the_shadow(run: LoopRun) -> Shadow | None:
    """Compare the previous champion with the present one on data that is new to both, and add up since the promotion.

    None when there is no previous one, or the dataset is not new as a whole.
    """
    if run.champion is None or run.scores is None or not run.whole:
        return None
    before = registry.by_alias(run.workload, registry.PREVIOUS)
    if before is None or before.version in history.rolled_back(run.workload) or run.dataset.id in before.trained_on:
        return None
    scores, whole = evaluate(before, run.dataset)
    evidence = get_workload(run.workload).compare(run.scores, scores).evidence if whole else None
    if evidence is None:
        return None
    return Shadow(
        before, scores, evidence, history.shadow_evidence(run.workload, run.champion, run.dataset.id) + evidence
    )
