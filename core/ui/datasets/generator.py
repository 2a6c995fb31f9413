"""Datasets of rows: choose, see what it will look like, generate."""

from __future__ import annotations

import streamlit as st
from pydantic import BaseModel

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.jobs import jobs
from core.storage import datasets
from core.ui.shell.formats import plain
from core.ui.shell.job_progress import follow_job, is_news, start_job
from core.ui.shell.links import page_link
from core.ui.shell.messages import explained
from core.ui.shell.parameter_form import begin_next_with_another_seed, parameter_form
from core.ui.shell.views import champion_to_draw, show_view
from core.workloads import get_workload
from core.workloads.base import Previews, Workload
from core.workloads.form_schema import initial_values


def generator(actor: Actor, workload: str) -> None:
    """The form on the left, what it will give on the right, the running job under the button."""
    learnt = get_workload(workload)
    with explained():
        known = datasets.listed(workload)
    controls, picture = st.columns((2, 3), gap="large")
    with controls:
        newest = known[0].parameters if known else None
        choices = parameter_form(learnt.parameters, initial_values(learnt.parameters, newest), workload)
    with picture:
        _preview(learnt, choices)
    with controls:
        if choices is not None:
            _same_as_before(known, choices, learnt.unit)
        _button(actor, learnt, choices)
        job = follow_job(actor, jobs.GENERATE, workload)
        if job is not None and job.state == jobs.COMPLETED and is_news(job):
            page_link("train.py", "See the check on Train")


def _preview(learnt: Workload, choices: BaseModel | None) -> None:
    if not isinstance(learnt, Previews):
        _columns(learnt)
        return
    champion = champion_to_draw(learnt.name)
    view = learnt.preview(choices, champion) if choices is not None else None
    if view is not None:
        show_view(view, f"{learnt.name}_preview")


def _columns(learnt: Workload) -> None:
    """What a row will consist of, where there is no preview."""
    with st.container(border=True, key=f"{learnt.name}_columns"):
        st.markdown(plain(learnt.description))
        rows = [
            {"column": one.label, "typical range": f"{one.low:g} to {one.high:g}", "CSV column": one.name}
            for one in learnt.features
        ]
        st.dataframe(rows, hide_index=True, alt="The columns of a row with their typical ranges")
        if learnt.classes:
            st.caption(f"Classes: {', '.join(plain(label) for label in learnt.classes)}")


def _same_as_before(known: list[Dataset], choices: BaseModel, unit: str) -> None:
    chosen = choices.model_dump(mode="json")
    same = next((dataset for dataset in known if dataset.parameters == chosen), None)
    if same is not None:
        more = " Change the seed for new ones." if "seed" in chosen else ""
        st.caption(f":material/content_copy: Dataset {same.id} contains exactly these {unit}.{more}")


def _button(actor: Actor, learnt: Workload, choices: BaseModel | None) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    rows = getattr(choices, "rows", None)
    clicked = st.button(
        f"Generate {rows:,} {learnt.unit}" if isinstance(rows, int) else "Generate",
        type="primary",
        icon=":material/casino:",
        key="btn_generate",
        disabled=not allowed or choices is None,
        width="stretch",
    )
    if not allowed:
        st.caption(":material/lock: Requires the editor role. An admin can change your role under Admin → Users.")
    if clicked and choices is not None:
        chosen = choices.model_dump(mode="json")
        if start_job(actor, jobs.GENERATE, learnt.name, {"choices": chosen}):
            begin_next_with_another_seed(learnt.parameters, choices, learnt.name)
            st.rerun()
