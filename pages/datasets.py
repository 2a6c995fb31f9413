"""Datasets."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.EDITOR)

st.title("Datasets")
st.write("Make and keep the data that models learn from.")
