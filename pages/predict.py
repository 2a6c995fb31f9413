"""Predict."""

import streamlit as st

from core.auth.roles import Role
from core.ui.predict.tabs import predict_tabs
from core.ui.shell.guard import guard
from core.ui.shell.workload_choice import workload_choice

actor = guard(Role.VIEWER)

st.title("Predict")
st.write("Get predictions from the champion: a row or photo at once, a file or video in the background.")
predict_tabs(actor, workload_choice())
