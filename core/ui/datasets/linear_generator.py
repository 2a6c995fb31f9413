"""Datasets, Linear: choose, see what it will look like, generate."""

from __future__ import annotations

from math import cos, radians, sin, sqrt
from typing import Any

import streamlit as st
from pydantic import ValidationError

from core.auth.roles import Actor, Role
from core.catalog.tables import Dataset
from core.jobs import jobs
from core.models.registry import Version
from core.storage import datasets, lake
from core.ui.shell.champion_cache import champion_with_predictor
from core.ui.shell.charts import show
from core.ui.shell.formats import score, size
from core.ui.shell.job_progress import follow_job, is_news, start_job
from core.ui.shell.links import page_link
from core.ui.shell.messages import explained
from core.ui.train.forecast import prospect
from core.workloads import charts
from core.workloads.charts import GREEN, GREY, Box, Line
from core.workloads.linear.data import FEATURES
from core.workloads.linear.model import LinearPredictor
from core.workloads.linear.preview import BYTES_PER_ROW, Columns, Outlook, best_accuracy, differences, outlook, sample
from core.workloads.linear.workload import LinearParameters

_DRAWN = 500
_NAME = "linear"
_SEED = "linear_seed"
_NEXT_SEED = "linear_following_seed"
_MAX_SEED = 2**32 - 1


def generator(actor: Actor) -> None:
    """Controls on the left, the preview on the right, the running job under the button."""
    with explained():
        known = datasets.listed(_NAME)
    controls, picture = st.columns((2, 3), gap="large")
    with controls:
        choices = _choose(known)
    found = champion_with_predictor(_NAME)
    if choices is not None:
        with picture:
            _preview(choices, found)
    with controls:
        if choices is not None:
            _same_as_before(known, choices)
        _button(actor, choices)
        job = follow_job(actor, jobs.GENERATE, _NAME)
        if job is not None and job.state == jobs.COMPLETED and is_news(job):
            page_link("train.py", "See on Train what the loop makes of it")


def true_boundary(parameters: LinearParameters) -> Line:
    """The line that the labels were drawn around."""
    normal = radians(parameters.angle)
    return Line("true boundary", cos(normal), sin(normal), -parameters.offset, GREY, "dash")


def champion_boundary(version: Version, predictor: LinearPredictor) -> Line:
    """Where a model's answer changes."""
    return Line(f"champion v{version.version}", predictor.w1, predictor.w2, predictor.bias, GREEN)


def box_of(parameters: LinearParameters) -> Box:
    """A square that holds nearly all points."""
    reach = round(3.5 * sqrt(1 + parameters.noise**2), 1)
    return -reach, reach


def faults(error: ValidationError) -> list[str]:
    """What is wrong with the choices, in words."""
    return [_LIMITS.get(str(fault["loc"][0]), f"{fault['loc'][0]}: {fault['msg']}") for fault in error.errors()]


_LIMITS = {
    "rows": "**Rows** must be from 1,000 to 5,000,000.",
    "seed": f"**Seed** must be from 0 to {_MAX_SEED:,}.",
}


def _choose(known: list[Dataset]) -> LinearParameters | None:
    """The controls. They begin where the newest dataset left off, with the next seed. None: a choice is refused."""
    begin = LinearParameters()
    if known:
        begin = LinearParameters.model_validate(known[0].parameters)
        turned_once = (begin.angle + 180) % 360 - 180  # the slider knows half turns only
        begin = begin.model_copy(update={"seed": min(begin.seed + 1, _MAX_SEED), "angle": turned_once})
    next_seed = st.session_state.pop(_NEXT_SEED, None)
    if next_seed is not None or _SEED not in st.session_state:
        st.session_state[_SEED] = begin.seed if next_seed is None else next_seed
    chosen: dict[str, Any] = {
        "rows": st.number_input(
            "Rows",
            # No limits here: the browser would turn the field red, say why only to the mouse, and keep the old value.
            value=begin.rows,
            step=1_000,
            key="linear_rows",
            persist_state="session",
            help="From 1,000 to 5,000,000. A fifth becomes the holdout that models are measured on.",
        ),
        "angle": _slider("Boundary angle", -180.0, 180.0, begin.angle, 5.0, "angle", "%.0f°", _ANGLE_HELP),
        "offset": _slider(
            "Boundary offset", -3.0, 3.0, begin.offset, 0.1, "offset", "%.1f", "Distance from the origin."
        ),
        "noise": _slider("Noise", 0.0, 2.0, begin.noise, 0.05, "noise", "%.2f", "Jitter across the boundary."),
        "balance": _slider("Share of class 1", 0.05, 0.95, begin.balance, 0.05, "balance", "percent", None),
        "seed": st.number_input(
            "Seed",
            step=1,
            key=_SEED,
            persist_state="session",
            help="The same seed and choices always give the same points.",
        ),
    }
    try:
        return LinearParameters.model_validate(chosen)
    except ValidationError as error:
        st.error("  \n".join(faults(error)), icon=":material/error:")
        return None


_SIGNS = {
    "hopeless": (st.warning, ":material/blur_on:"),
    "far": (st.warning, ":material/trending_down:"),
    "near": (st.info, ":material/trending_flat:"),
    "same": (st.info, ":material/check:"),
}
_ANGLE_HELP = "Turn it to make the world drift away from what the champion learnt."


def _slider(
    label: str, low: float, high: float, value: float, step: float, name: str, form: str, text: str | None
) -> float:
    return float(
        st.slider(
            label,
            low,
            high,
            min(max(value, low), high),
            step,
            form,
            key=f"linear_{name}",
            persist_state="session",
            help=text,
        )
    )


def _preview(choices: LinearParameters, found: tuple[Version, LinearPredictor] | None) -> None:
    lines = [true_boundary(choices)]
    if found is not None:
        lines.append(champion_boundary(*found))
    alt = f"{_DRAWN} points of the chosen data in two colours, with {' and '.join(line.label for line in lines)}."
    show(charts.points(sample(choices, _DRAWN), lines, box_of(choices)), "linear_preview", alt)
    seen = _outlook(choices, found) if found else None
    best = best_accuracy(choices)
    label = f"Champion v{found[0].version}" if found else "Champion"
    with st.container(horizontal=True, gap="medium"):
        st.metric("Best accuracy", score(best), help="No straight line can do better.", width="content")
        reached = score(seen.accuracy) if seen else "–"
        st.metric(label, reached, help="Its accuracy on a sample of such points.", width="content")
        st.metric("On disk", size(choices.rows * BYTES_PER_ROW), width="content")
    if found and seen:
        _say_prospect(choices, found[0], seen, best)


def _outlook(choices: LinearParameters, found: tuple[Version, LinearPredictor]) -> Outlook:
    version, predictor = found
    return outlook(predictor, sample(choices), _reference(version.dataset_sha256))


def _say_prospect(choices: LinearParameters, version: Version, seen: Outlook, best: float) -> None:
    with explained():
        trained_on = datasets.by_sha256(version.dataset_sha256)
    differ = differences(trained_on.parameters, choices) if trained_on else []
    told = prospect(version.version, differ, seen, best)
    show, icon = _SIGNS[told.kind]
    show(told.text, icon=icon)


def _reference(sha256: str) -> Columns | None:
    """A sample of a dataset's training rows, or None when it is gone."""
    with explained():
        dataset = datasets.by_sha256(sha256)
    if dataset is None:
        return None
    try:
        return _training_sample(dataset.path)
    except (lake.DatasetMissingError, lake.LakeUnreachableError):
        return None


@st.cache_data(max_entries=4, show_spinner=False)
def _training_sample(path: str) -> Columns:
    # Named by its content: the same path is the same data for ever.
    return lake.read(path, FEATURES, "NOT holdout", limit=4_000)


def _same_as_before(known: list[Dataset], choices: LinearParameters) -> None:
    same = next((dataset for dataset in known if dataset.parameters == choices.model_dump()), None)
    if same is not None:
        st.caption(
            f":material/content_copy: Dataset {same.id} holds exactly these points. Change the seed for new ones."
        )


def _button(actor: Actor, choices: LinearParameters | None) -> None:
    allowed = actor.role.rank >= Role.EDITOR.rank
    clicked = st.button(
        f"Generate {choices.rows:,} rows" if choices else "Generate",
        type="primary",
        icon=":material/casino:",
        key="btn_generate",
        disabled=not allowed or choices is None,
        width="stretch",
    )
    if not allowed:
        st.caption(":material/lock: Generating needs the role editor. An admin can give it to you under Admin, Users.")
    if clicked and choices and start_job(actor, jobs.GENERATE, _NAME, {"choices": choices.model_dump()}):
        # For the next dataset; a widget's value can only be set before it is drawn.
        st.session_state[_NEXT_SEED] = min(choices.seed + 1, _MAX_SEED)
        st.rerun()
