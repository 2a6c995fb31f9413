"""Datasets."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard
from core.ui.linear_datasets import listing
from core.ui.linear_generator import generator
from core.ui.sql_tab import sql_tab

actor = guard(Role.VIEWER)

st.title("Datasets")
st.write("Make and keep the data that models learn from.")
linear, sql = st.tabs(["Linear", "SQL"], key="datasets_tab", on_change="rerun")
if linear.open:
    with linear:
        generator(actor)
        listing(actor)
if sql.open:
    with sql:
        sql_tab(actor)
