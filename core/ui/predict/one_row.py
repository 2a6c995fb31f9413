"""Predict, one row: a slider per feature, the answer beside it, the workload's own picture where it has one."""

from __future__ import annotations

import atexit
import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.auth.roles import Actor
from core.models.registry import Version
from core.predictions.entries import summarise
from core.predictions.log import PredictionLog
from core.ui.predict.feedback import right_or_wrong
from core.ui.predict.prediction_result import show_classes, show_value
from core.ui.shell.parameter_form import slider_format
from core.ui.shell.views import as_champion, show_view
from core.workloads.base import Feature, PredictionViews, Regressor, Workload
from core.workloads.form_fields import nice_step

SOURCE = "workbench"
_LOGGED = "row_logged"


def one_row(actor: Actor, learnt: Workload, version: Version, predictor: object) -> None:
    """The sliders under the picture, or alone, and the answer beside them."""
    controls, answer = st.columns((3, 2), gap="large")
    with controls:
        # Under the picture, like the scale of a map; values are needed first, so the picture comes in later.
        picture = st.container()
        row = {feature.name: _slider(learnt, feature) for feature in learnt.features}
    features = np.array([list(row.values())])
    with picture:
        _picture(learnt, version, predictor, row)
    with answer:
        answers = _answer(learnt, predictor, features)
        st.caption(_origin(version))
        if answers.ndim == 2:
            classes = tuple(getattr(predictor, "classes", learnt.classes))
            label = classes[int(answers[0].argmax())]
            right_or_wrong(actor, version, classes, label, features[0].tolist())
    _log(version, features, answers)


def _slider(learnt: Workload, feature: Feature) -> float:
    step = feature.step or nice_step(feature.low, feature.high)
    # A little off the middle, where two classes often meet and no answer is clear.
    begun = feature.low + math.floor(0.625 * (feature.high - feature.low) / step) * step
    return float(
        st.slider(
            feature.title or feature.name,
            float(feature.low),
            float(feature.high),
            round(float(begun), 10),
            float(step),
            slider_format(step, feature.unit),
            key=row_key(learnt.name, feature.name),
            persist_state="session",
        )
    )


def row_key(workload: str, feature: str) -> str:
    """The key of a feature's slider."""
    return f"row_{workload}_{feature}"


def _picture(learnt: Workload, version: Version, predictor: object, row: dict[str, float]) -> None:
    if not isinstance(learnt, PredictionViews):
        return
    view = learnt.prediction_view(as_champion(version, predictor), row)
    moved = _moved_by_clicks(view.figure)
    if not moved:
        show_view(view, f"{learnt.name}_map")
        return
    show_view(view, f"{learnt.name}_map", lambda: take_click(learnt, moved))
    st.caption("Click on the map, or move the sliders.")


def _moved_by_clicks(figure: object) -> tuple[str, ...]:
    """The features on the figure's axes, which a click moves: ``figure.layout.meta = {"features": [x, y]}``."""
    meta = getattr(getattr(figure, "layout", None), "meta", None)
    return tuple(meta.get("features", ())) if isinstance(meta, dict) else ()


def take_click(learnt: Workload, moved: tuple[str, ...]) -> None:
    """Move the row to where the picture was clicked, as far as its sliders go."""
    clicked = st.session_state[f"{learnt.name}_map"].selection.points
    known = {feature.name: feature for feature in learnt.features}
    for name, axis in zip(moved, "xy", strict=False):
        if clicked and name in known:
            value = min(max(float(clicked[0][axis]), known[name].low), known[name].high)
            st.session_state[row_key(learnt.name, name)] = round(value, 2)


def _answer(learnt: Workload, predictor: object, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Show it, and return it as the log takes it."""
    if isinstance(predictor, Regressor):
        values = predictor.values(features)
        show_value(float(values[0]))
        return values
    probabilities: NDArray[np.float64] = predictor.probabilities(features)  # type: ignore[attr-defined]
    show_classes(getattr(predictor, "classes", learnt.classes), probabilities[0].tolist())
    return probabilities


def _origin(version: Version) -> str:
    if not version.version:
        return "Predicted by the starter model."
    return f"Predicted by champion v{version.version}, trained on dataset {version.dataset_id}."


def _log(version: Version, features: NDArray[np.float64], answers: NDArray[np.float64]) -> None:
    """Once per row and version: a rerun for another reason asked nothing new."""
    row = features[0].tolist()
    asked = (version.workload, version.version, row)
    if st.session_state.get(_LOGGED) == asked:
        return
    st.session_state[_LOGGED] = asked
    _prediction_log().add(summarise(version.workload, version.version, SOURCE, [row], answers))


@st.cache_resource(show_spinner=False, on_release=PredictionLog.stop)
def _prediction_log() -> PredictionLog:
    log = PredictionLog()
    log.start()
    atexit.register(log.stop)
    return log
