"""Predict, one point: two sliders move it over the champion's map."""

from __future__ import annotations

import atexit
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.models.registry import Version
from core.predictions.log import PredictionLog, summarise
from core.ui.datasets.linear_generator import champion_boundary
from core.ui.shell.charts import show
from core.ui.shell.formats import percent
from core.workloads import charts
from core.workloads.charts import Box
from core.workloads.linear.data import FEATURES
from core.workloads.linear.model import LinearPredictor

SOURCE = "workbench"

_BOX: Box = (-4.0, 4.0)
_MAP = "point_map"
_LOGGED = "linear_point_logged"


def one_point(version: Version, predictor: LinearPredictor) -> None:
    """The map with the point on it, the sliders along its lower edge, the answer beside it."""
    chart, answer = st.columns((3, 2), gap="large")
    with chart:
        picture = st.container()
        # Under the picture, like the scale of a map; values are needed first, so the picture comes in later.
        values = [st.slider(name, *_BOX, 1.0, 0.05, key=f"point_{name}", persist_state="session") for name in FEATURES]
    point = (float(values[0]), float(values[1]))
    probabilities = predictor.probabilities(np.array([point]))
    probability = float(probabilities[0, 1])
    with picture:
        figure = charts.probability(_of_class_1(predictor), [champion_boundary(version, predictor)], point, _BOX)
        alt = f"The point lies where class 1 has probability {percent(probability)}."
        show(figure, _MAP, alt, on_select=_take_click)
        st.caption("Click on the map, or move the sliders.")
    with answer:
        _answer(version, probability)
    _log(version, point, probabilities)


def _of_class_1(predictor: LinearPredictor) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda features: predictor.probabilities(features)[:, 1]


def _take_click() -> None:
    """Move the point to where the map was clicked."""
    clicked = st.session_state[_MAP].selection.points
    if clicked:
        for name, axis in zip(FEATURES, "xy", strict=True):
            st.session_state[f"point_{name}"] = round(float(clicked[0][axis]), 2)


def _answer(version: Version, probability: float) -> None:
    chosen = int(probability > 0.5)
    sure = probability if chosen else 1 - probability
    colour = ("blue", "orange")[chosen]
    st.markdown(f"## :{colour}[Class {chosen}]")
    st.metric(f"Probability of class {chosen}", percent(sure))
    st.progress(probability, text=f"P(class 1) = {probability:.4f}")
    st.caption(f"Answered by champion v{version.version}, trained on dataset {version.dataset_id}.")


def _log(version: Version, point: tuple[float, float], probabilities: NDArray[np.float64]) -> None:
    """Once per point and version: a rerun for another reason asked nothing new."""
    asked = (version.version, point)
    if st.session_state.get(_LOGGED) == asked:
        return
    st.session_state[_LOGGED] = asked
    _prediction_log().add(summarise("linear", version.version, SOURCE, [point], probabilities))


@st.cache_resource(show_spinner=False, on_release=PredictionLog.stop)
def _prediction_log() -> PredictionLog:
    log = PredictionLog()
    log.start()
    atexit.register(log.stop)
    return log
