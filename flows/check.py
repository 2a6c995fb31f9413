"""``check``: one run of :mod:`core.loop.loop`, each step a Prefect task."""

from __future__ import annotations

from typing import Any

from prefect import Task, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from core.catalog.tables import Decision
from core.config.messages import Message, message_of, render, say
from core.config.progress import Report
from core.jobs import jobs
from core.jobs.work_items import WorkLostError
from core.loop import contract, decisions, history, loop, retention, training
from core.loop.loop_run import Judgement, LoopRun, Steps
from core.models import registry
from core.models.registry import Version
from core.monitoring.quarantine_alert import announce_quarantined
from core.storage.datasets import NoDatasetError
from core.storage.lake import LakeError
from flows import dispatch, task_registry
from flows.check_messages import CheckMessages
from flows.priority import lower_priority
from flows.progress import running
from flows.state_hooks import UNUSUAL_ENDS


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
    """Idempotent: a retry finds what an earlier try registered, or goes on with what it learnt."""
    window = [one.id for one in loop.window(loop_run)]
    asked = task_registry.training(loop_run.workload, window, loop_run.flow_run_id)
    done = dispatch.dispatch(task_registry.TRAIN, job_id, asked, report)
    return registry.get_version(loop_run.workload, int(done["version"]))


@task(cache_policy=NO_CACHE)
def compare(loop_run: LoopRun, challenger: Version) -> Judgement:
    """Measure the challenger and compare it with the champion on the same samples."""
    return loop.compare(loop_run, challenger)


@task(retries=1, retry_delay_seconds=1, cache_policy=NO_CACHE)
def draw_figures(loop_run: LoopRun, challenger: Version) -> None:
    """After the decision, so that a better model does not wait for its pictures."""
    training.draw(challenger, loop_run.dataset)


@flow(name="check", **UNUSUAL_ENDS)
def check(workload: str, forced: bool = False, job_id: str | None = None) -> str:
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
            decision = _turn(loop_run, run.job.id, run.report, run.part(0.3, 0.8))
            while history.unjudged(workload) is not None:  # data that came meanwhile, each in its turn
                loop_run = evaluate_champion(workload, False, run.job.flow_run_id, run.report)
                decision = _turn(loop_run, run.job.id, run.report, run.part(0.3, 0.8))
            run.result = {"decision": decision.kind, "decision_id": decision.id}
            run.message = _outcome(loop_run, decision)
    except jobs.JobBusyError as error:
        log.info("Skipped: %s", error)
        return "skipped"
    retention.prune_daily(workload)
    return decision.kind


def _outcome(loop_run: LoopRun, decision: Decision) -> Message:
    if loop_run.judged is None:
        return say("check.decided", kind=decision.kind, reason=decision.reason)
    dataset = loop_run.dataset
    told = say("check.nothing_new", kind=decision.kind, reason=decision.reason, dataset=dataset.id)
    return contract.reason_with(loop_run.skipped, dataset, told)


def _log_gate(loop_run: LoopRun) -> None:
    log = get_run_logger()
    if loop_run.gate.drifted:
        log.warning("drift: %s", loop_run.gate.drift and loop_run.gate.drift.summary)
    if loop_run.gate.retrain:
        log.warning("retrain: %s", loop_run.gate.reason)
    else:
        log.info("OK: %s", loop_run.gate.reason)


def _turn(loop_run: LoopRun, job_id: str, report: Report, learning: Report) -> Decision:
    if loop_run.judged is not None:
        return loop_run.judged
    _log_gate(loop_run)
    report(0.3, say("check.evaluated", reason=loop_run.gate.reason))

    messages = CheckMessages(loop_run)

    def training_told(run: LoopRun) -> Version:
        messages.training_begins()
        return train_challenger(run, job_id, learning)

    def comparing(run: LoopRun, challenger: Version) -> Judgement:
        report(0.8, say("check.comparing"))
        return compare(run, challenger)

    decision = loop.decide(loop_run, Steps(training_told, comparing))
    messages.decided(decision)
    if decision.kind in {decisions.PROMOTED, decisions.REJECTED} and decision.challenger_version is not None:
        report(0.9, say("check.drawing", kind=decision.kind))
        draw_figures(loop_run, registry.get_version(loop_run.workload, decision.challenger_version))
    return decision
