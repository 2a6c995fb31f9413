"""Flows: one run with its task timeline, log, states and a cancel button."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Job
from core.config.messages import render
from core.config.settings import get_settings
from core.jobs import flow_control, jobs, prefect_api
from core.jobs.prefect_api import FlowRun, PrefectRefusedError, PrefectUnavailableError
from core.jobs.run_timeline import Segment, State, origin, segments, states, tries
from core.loop import decisions
from core.ui.flows import prefect_store
from core.ui.flows.flow_logs import log
from core.ui.flows.gantt import gantt, legend
from core.ui.flows.state_labels import badge, started_by
from core.ui.overview.timeline import LOOKS
from core.ui.shell.charts import show
from core.ui.shell.confirm import attempt
from core.ui.shell.formats import duration, moment, plain
from core.ui.shell.links import from_browser, here
from core.ui.shell.messages import explained, note

_LIVE_EVERY_S = 2.0
_MOST_TASKS = 40


def run_page(actor: Actor, run_id: str) -> None:
    """The run in the address (``?run=…``), updated until it has ended."""
    here("All flows", "btn_all_flows", ":material/arrow_back:")
    if not _is_id(run_id):
        st.warning("Run not found. The address may be wrong.", icon=":material/search_off:")
        return
    with prefect_store.explained_prefect():
        live = not prefect_api.get_run(run_id).terminal
        st.fragment(run_every=_LIVE_EVERY_S if live else None)(_body)(actor, run_id, live)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _body(actor: Actor, run_id: str, live: bool) -> None:
    with prefect_store.explained_prefect(), explained():
        run = prefect_api.get_run(run_id)
        if live and run.terminal:
            st.rerun()  # the timer stops with the run
        job = jobs.of_flow_run(run_id)
        _head(actor, run, job)
        history = states(prefect_api.history(run_id))
        _tasks(run, history)
        log(run_id)
        _details(run, history)


def _head(actor: Actor, run: FlowRun, job: Job | None) -> None:
    st.subheader(plain(run.name), anchor=False)
    st.markdown(f"{badge(run.state_type, run.state_name)} {plain(run.state_message)}")
    if job is not None:
        if job.finished_at is None:
            st.progress(job.progress, text=plain(render(job.message)))
        else:
            _result(job, run.id)
    st.caption(" · ".join(_facts(run, job)))
    with st.container(horizontal=True):
        if not run.terminal and flow_control.may_cancel(actor, run.id):
            _cancel_button(run)
        link = f"{from_browser(get_settings().prefect_ui)}/runs/flow-run/{run.id}"
        st.page_link(link, label="Open in Prefect", icon=":material/open_in_new:")


def _facts(run: FlowRun, job: Job | None) -> list[str]:
    names = {one.id: one.full_name for one, _ in prefect_store.deployments()}
    facts = [plain(names.get(run.deployment_id or "", "without a deployment"))]
    facts.append(started_by(run, plain(job.created_by) if job else None))
    if run.start:
        facts.append(f"started {moment(run.start)}")
    elif run.expected_start:
        facts.append(f"due {moment(run.expected_start)}")
    if run.seconds:
        facts.append(f"ran {duration(run.seconds)}")
    return facts


def _result(job: Job, run_id: str) -> None:
    """The result: the loop's decision or the job's last message."""
    decision = decisions.of_flow_run(run_id)
    if decision is not None:
        look = LOOKS[decision.kind]
        st.markdown(f":{look.tint}-badge[{look.icon} {look.label}] {plain(render(decision.reason))}")
    elif job.message:
        st.write(plain(render(job.message)))


def _cancel_button(run: FlowRun) -> None:
    stopping = run.state_type == "CANCELLING"
    label = "Stopping …" if stopping else "Cancel"
    if not st.button(label, icon=":material/stop_circle:", key="btn_cancel_run", disabled=stopping):
        return
    refusals = (PrefectUnavailableError, PrefectRefusedError, LookupError)
    if attempt(lambda who: flow_control.cancel(who, run.id), refusals):
        prefect_store.clear_cache()
        note("Cancellation requested.", ":material/stop_circle:")
        st.rerun()


def _tasks(run: FlowRun, history: list[State]) -> None:
    if not history:
        return
    now = datetime.now(UTC)
    start = origin(history, run.expected_start)
    found = segments("flow", history, start, now)
    for row, task in _task_rows(run.id):
        found += segments(row, task, start, now)
    if found:
        st.subheader("Tasks", anchor=False)
        st.markdown(legend(found))
        show(gantt(found), "gantt", _in_words(found))


def _task_rows(run_id: str) -> list[tuple[str, list[State]]]:
    """Row title and states of each task, in order of start."""
    listed = prefect_api.task_runs(run_id)
    # Prefect adds a suffix to each task run; it is needed only when a task ran more than once.
    names = [str(raw["name"]).rpartition("-")[0] or str(raw["name"]) for raw in listed]
    rows = []
    for number, raw in enumerate(listed):
        if number == _MOST_TASKS:
            st.caption(f"First {_MOST_TASKS} of {len(listed)} tasks.")
            break
        history = states(prefect_api.task_history(str(raw["id"])))
        again = tries(history)
        name = names[number] if names.count(names[number]) == 1 else str(raw["name"])
        rows.append((f"{name} ×{again}" if again > 1 else name, history))
    return rows


def _in_words(found: list[Segment]) -> str:
    rows = dict.fromkeys(segment.row for segment in found)
    return f"{len(rows)} rows over {max(segment.end for segment in found):.1f} seconds: {', '.join(rows)}."


def _details(run: FlowRun, history: list[State]) -> None:
    with st.expander("States", icon=":material/timeline:"):
        st.dataframe(
            [{"at": moment(state.at), "state": state.name, "message": state.message} for state in history],
            hide_index=True,
            height="content",
            alt=f"{len(history)} states in chronological order.",
        )
    with st.expander("Parameters", icon=":material/tune:"):
        if run.parameters:
            st.json(run.parameters)
        else:
            st.caption("None.")
