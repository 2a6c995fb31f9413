"""Runs."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.VIEWER)

st.title("Runs")
st.write("Every training that was tracked.")
