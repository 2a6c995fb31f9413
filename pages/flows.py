"""Flows."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.VIEWER)

st.title("Flows")
st.write("What Prefect schedules and runs.")
