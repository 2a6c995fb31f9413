"""Datasets."""

import streamlit as st

from core.auth.roles import Role
from core.ui.datasets.tabs import dataset_tabs
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

st.title("Datasets")
st.write("Create, browse and query training data.")
dataset_tabs(actor)
