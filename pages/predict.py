"""Predict."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard
from core.ui.predict_tabs import predict_tabs
from core.ui.workload_choice import workload_choice

actor = guard(Role.VIEWER)

st.title("Predict")
st.write("Ask the champion: a point or a photo at once, a whole file or a video in the background.")
predict_tabs(actor, workload_choice())
