"""Predict."""

import streamlit as st

from core.auth.roles import Role
from core.ui.file_prediction import file_prediction
from core.ui.guard import guard
from core.ui.linear_point import one_point
from core.ui.models import champion_or_stop

actor = guard(Role.VIEWER)

st.title("Predict")
st.write("Ask the champion: one point at a time, or a whole file in the background.")
version, predictor = champion_or_stop(actor, "linear")
point, file = st.tabs(["One point", "CSV file"], key="predict_tab", on_change="rerun")
if point.open:
    with point:
        one_point(version, predictor)
if file.open:
    with file:
        file_prediction(actor, "linear")
