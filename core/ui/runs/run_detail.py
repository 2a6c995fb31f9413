"""Runs: one run with its metrics, parameters and artifacts."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.models.run_compare import interval, is_bound
from core.models.runs import Run
from core.ui.overview.services import cached_states
from core.ui.runs import run_store
from core.ui.runs.run_artifacts import files
from core.ui.runs.run_charts import curves
from core.ui.shell.charts import show
from core.ui.shell.formats import duration, moment, plain
from core.ui.shell.links import from_browser, here, page_link
from core.ui.shell.messages import empty
from core.workloads import get_workload

_STATUS = {
    "FINISHED": ("green", ":material/check_circle:"),
    "RUNNING": ("blue", ":material/progress_activity:"),
    "FAILED": ("red", ":material/error:"),
    "KILLED": ("gray", ":material/stop_circle:"),
}


def run_page(actor: Actor, run_id: str) -> None:
    """The run in the address (``?run=…``), with a link back."""
    here("All runs", "btn_all_runs", ":material/arrow_back:")
    with run_store.explained_store():
        try:
            run = run_store.get(run_id)
        except LookupError as error:
            st.warning(f"{plain(str(error))} It may have been deleted, or the address is wrong.")
            return
        _head(run)
        metrics, parameters, artifacts = st.tabs(
            ["Metrics", "Parameters", "Artifacts"], key="run_tabs", on_change="rerun"
        )
        if metrics.open:
            with metrics:
                _metrics(run)
        if parameters.open:
            with parameters:
                _parameters(run)
        if artifacts.open:
            with artifacts:
                files(run)


def _head(run: Run) -> None:
    st.subheader(plain(run.name), anchor=False)
    colour, icon = _STATUS.get(run.status, ("gray", ":material/help:"))
    badges = [f":{colour}-badge[{icon} {run.status.lower()}]"]
    badges += [f":blue-badge[v{version}]" for version in run.versions]
    badges += [f":{'green' if alias == 'champion' else 'gray'}-badge[{plain(alias)}]" for alias in run.aliases]
    st.markdown(" ".join(badges))
    facts = [get_workload(run.workload).title, f"started {moment(run.started)}"]
    if run.seconds is not None:
        facts.append(f"took {duration(run.seconds)}")
    if run.dataset_id is not None:
        facts.append(f"trained on dataset {run.dataset_id}")
    st.caption(" · ".join(facts))
    with st.container(horizontal=True):
        if run.flow_run_id:
            page_link("flows.py", "Flow run", run=run.flow_run_id)
        if url := _mlflow_url():
            link = f"{url}/#/experiments/{run.experiment_id}/runs/{run.id}"
            st.page_link(link, label="Open in MLflow", icon=":material/open_in_new:")


def _mlflow_url() -> str:
    """Address of the MLflow UI while it runs."""
    well = (state for state in cached_states() if state.name == "mlflow" and state.state == "healthy")
    return next((from_browser(state.url) for state in well), "")


def _metrics(run: Run) -> None:
    names = [name for name in run.metrics if not is_bound(name, run.metrics)]
    if not names:
        empty("This run logged no metrics; it failed early or is still running.")
        return
    with st.container(horizontal=True):
        for name in names:
            sure = interval(run.metrics, name)
            note = f"{sure[0]:.4f} to {sure[1]:.4f}" if sure else None
            with st.container(width=210, border=True, height="stretch"):
                st.metric(name, f"{run.metrics[name]:.4f}")
                st.caption(f"95 % interval {note}" if note else "")
    histories = {name: run_store.history(run.id, name) for name in names}
    lines = {name: points for name, points in histories.items() if len(points) > 1}
    if lines:
        show(curves(lines), "curves", f"Curves of {', '.join(lines)}.")


def _parameters(run: Run) -> None:
    if not run.parameters:
        empty("This run logged no parameters.")
        return
    st.dataframe(
        [{"parameter": name, "value": value} for name, value in sorted(run.parameters.items())],
        hide_index=True,
        height="content",
        alt=f"{len(run.parameters)} parameters.",
    )
