"""``check-and-retrain``: one run of :mod:`core.loop.loop`, each step a Prefect task."""

from __future__ import annotations

from typing import Any

from prefect import Task, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from core.catalog.tables import Decision
from core.config.messages import message_of, render, say
from core.config.progress import Report
from core.jobs import jobs
from core.jobs.work_items import WorkLostError
from core.loop import contract, decisions, loop
from core.loop.loop_run import LoopRun
from core.models import registry
from core.models.registry import Version
from core.monitoring.notify import BLUE, GREEN, YELLOW, send_discord_embed
from core.monitoring.quarantine_alert import announce_quarantined
from core.storage.datasets import NoDatasetError
from core.storage.lake import LakeError
from flows import dispatch as handover
from flows import task_registry
from flows.priority import lower_priority
from flows.progress import running
from flows.state_hooks import HOOKS

_COLOURS = {decisions.PROMOTED: GREEN, decisions.REJECTED: YELLOW, decisions.KEPT: BLUE}


@task(retries=2, retry_delay_seconds=1, cache_policy=NO_CACHE)
def evaluate_champion(workload: str, forced: bool, flow_run_id: str | None, report: Report) -> LoopRun:
    """Evaluate the champion on the newest dataset and apply the gate."""
    if not registry.store_exists():
        report(0.01, say("check.preparing_store"))
    announce_quarantined(contract.validate_new(workload))
    return loop.evaluate_champion(workload, forced, flow_run_id)


def may_pass(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a retry can help: an unavailable store may recover, a lack of images will not."""
    return not isinstance(state.result(raise_on_failure=False), ValueError | LookupError | LakeError | WorkLostError)


@task(retries=2, retry_delay_seconds=2, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def train_challenger(loop_run: LoopRun, job_id: str, report: Report) -> Version:
    """Idempotent: a retry returns what an earlier attempt registered, or resumes its training."""
    asked = task_registry.training(loop_run.workload, loop_run.dataset.id, loop_run.flow_run_id)
    done = handover.dispatch(task_registry.TRAIN, job_id, asked, report)
    return registry.get_version(loop_run.workload, int(done["version"]))


@task(cache_policy=NO_CACHE)
def compare_and_decide(loop_run: LoopRun, challenger: Version) -> Decision:
    """Promote or reject the challenger on the same holdout."""
    return loop.evaluate_challenger(loop_run, challenger)


@task(retries=1, retry_delay_seconds=1, cache_policy=NO_CACHE)
def draw_figures(loop_run: LoopRun, challenger: Version) -> None:
    """After the decision, so that promotion does not wait for the figures."""
    loop.draw(challenger, loop_run.dataset)


@flow(name="check-and-retrain", **HOOKS)
def check_and_retrain(workload: str, forced: bool = False, job_id: str | None = None) -> str:
    """Evaluate the champion of ``workload``; train and compare a challenger if the gate asks, or if ``forced``."""
    log = get_run_logger()
    lower_priority()
    try:
        with running(jobs.CHECK, workload, job_id, forced=forced) as run:
            try:
                loop_run = evaluate_champion(workload, forced, run.job.flow_run_id, run.report)
            except NoDatasetError as error:
                if job_id is not None:
                    raise
                run.message = message_of(error)  # the schedule has nothing to do on an empty installation
                return render(run.message)
            _announce(loop_run)
            decision = _turn(loop_run, run.job.id, run.report, run.part(0.3, 0.8))
            run.result = {"decision": decision.kind, "decision_id": decision.id}
            run.message = say("check.decided", kind=decision.kind, reason=decision.reason)
    except jobs.JobBusyError as error:
        log.info("Skipped: %s", error)
        return "skipped"
    return decision.kind


def _announce(loop_run: LoopRun) -> None:
    """Log the decision, and report drift on Discord."""
    log = get_run_logger()
    if loop_run.gate.drifted:
        log.warning("drift: %s", loop_run.gate.reason)
    else:
        log.info("OK: %s", loop_run.gate.reason) if not loop_run.gate.retrain else log.warning(
            "retrain: %s", loop_run.gate.reason
        )
    if loop_run.gate.retrain and loop_run.champion is not None:
        title = "⚠ Drift detected" if loop_run.gate.drifted else "⚠ Retraining"
        send_discord_embed(f"{title}: {loop_run.workload}", render(loop_run.gate.reason), YELLOW, _facts(loop_run))


def _facts(loop_run: LoopRun) -> dict[str, object]:
    champion = f"v{loop_run.champion.version}" if loop_run.champion else "none"
    metric = f"{loop_run.scores.value:.3f}" if loop_run.scores else "–"
    return {"champion": champion, "metric": metric, "dataset": loop_run.dataset.id}


def _turn(loop_run: LoopRun, job_id: str, report: Report, training: Report) -> Decision:
    report(0.3, say("check.evaluated", reason=loop_run.gate.reason))
    if not loop_run.gate.retrain:
        return loop.record_kept(loop_run)
    challenger = train_challenger(loop_run, job_id, training)
    report(0.8, say("check.comparing"))
    decision = compare_and_decide(loop_run, challenger)
    send_discord_embed(
        f"{loop_run.workload}: challenger v{challenger.version} {decision.kind}",
        render(decision.reason),
        _COLOURS[decision.kind],
        _facts(loop_run),
    )
    report(0.9, say("check.drawing", kind=decision.kind))
    if decision.kind != decisions.KEPT:
        draw_figures(loop_run, challenger)
    return decision
