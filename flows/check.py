"""``check-and-retrain``: one turn of :mod:`core.loop.loop`, each step a Prefect task."""

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
from flows.priority import give_way
from flows.progress import running
from flows.state_hooks import HOOKS

_COLOURS = {decisions.PROMOTED: GREEN, decisions.REJECTED: YELLOW, decisions.KEPT: BLUE}


@task(retries=2, retry_delay_seconds=1, cache_policy=NO_CACHE)
def evaluate_champion(workload: str, forced: bool, flow_run_id: str | None, report: Report) -> LoopRun:
    """Measure the champion on the newest dataset and ask the gate."""
    if not registry.store_exists():
        report(0.01, say("check.preparing_store"))
    announce_quarantined(contract.validate_new(workload))
    return loop.evaluate_champion(workload, forced, flow_run_id)


def may_pass(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again can help: a store that did not answer may, too few pictures will not grow."""
    return not isinstance(state.result(raise_on_failure=False), ValueError | LookupError | LakeError | WorkLostError)


@task(retries=2, retry_delay_seconds=2, retry_condition_fn=may_pass, cache_policy=NO_CACHE)
def train_challenger(trial: LoopRun, job_id: str, report: Report) -> Version:
    """Idempotent: a retry finds what an earlier try registered, or goes on with what it learnt."""
    asked = task_registry.training(trial.workload, trial.dataset.id, trial.flow_run_id)
    done = handover.dispatch(task_registry.TRAIN, job_id, asked, report)
    return registry.get_version(trial.workload, int(done["version"]))


@task(cache_policy=NO_CACHE)
def compare_and_decide(trial: LoopRun, challenger: Version) -> Decision:
    """Promote or reject the challenger on the same holdout."""
    return loop.evaluate_challenger(trial, challenger)


@task(retries=1, retry_delay_seconds=1, cache_policy=NO_CACHE)
def draw_figures(trial: LoopRun, challenger: Version) -> None:
    """After the decision, so that a better model does not wait for its pictures."""
    loop.draw(challenger, trial.dataset)


@flow(name="check-and-retrain", **HOOKS)
def check_and_retrain(workload: str, forced: bool = False, job_id: str | None = None) -> str:
    """Check the champion of ``workload``; retrain when the gate says so or when ``forced``."""
    log = get_run_logger()
    give_way()
    try:
        with running(jobs.CHECK, workload, job_id, forced=forced) as run:
            try:
                trial = evaluate_champion(workload, forced, run.job.flow_run_id, run.report)
            except NoDatasetError as error:
                if job_id is not None:
                    raise
                run.message = message_of(error)  # the schedule has nothing to do on an empty installation
                return render(run.message)
            _announce(trial)
            decision = _turn(trial, run.job.id, run.report, run.part(0.3, 0.8))
            run.result = {"decision": decision.kind, "decision_id": decision.id}
            run.message = say("check.decided", kind=decision.kind, reason=decision.reason)
    except jobs.JobBusyError as error:
        log.info("Skipped: %s", error)
        return "skipped"
    return decision.kind


def _announce(trial: LoopRun) -> None:
    """The course's two words in the log, and the drift on Discord."""
    log = get_run_logger()
    if trial.gate.drifted:
        log.warning("drift: %s", trial.gate.reason)
    else:
        log.info("OK: %s", trial.gate.reason) if not trial.gate.retrain else log.warning(
            "retrain: %s", trial.gate.reason
        )
    if trial.gate.retrain and trial.champion is not None:
        title = "⚠ Drift detected" if trial.gate.drifted else "⚠ Retraining"
        send_discord_embed(f"{title}: {trial.workload}", render(trial.gate.reason), YELLOW, _facts(trial))


def _facts(trial: LoopRun) -> dict[str, object]:
    champion = f"v{trial.champion.version}" if trial.champion else "none"
    metric = f"{trial.scores.value:.3f}" if trial.scores else "–"
    return {"champion": champion, "metric": metric, "dataset": trial.dataset.id}


def _turn(trial: LoopRun, job_id: str, report: Report, training: Report) -> Decision:
    report(0.3, say("check.evaluated", reason=trial.gate.reason))
    if not trial.gate.retrain:
        return loop.record_kept(trial)
    challenger = train_challenger(trial, job_id, training)
    report(0.8, say("check.comparing"))
    decision = compare_and_decide(trial, challenger)
    send_discord_embed(
        f"{trial.workload}: challenger v{challenger.version} {decision.kind}",
        render(decision.reason),
        _COLOURS[decision.kind],
        _facts(trial),
    )
    report(0.9, say("check.drawing", kind=decision.kind))
    if decision.kind != decisions.KEPT:
        draw_figures(trial, challenger)
    return decision
