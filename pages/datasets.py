"""Datasets."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard
from core.ui.hands.page import hands_tab
from core.ui.linear_datasets import linear_datasets
from core.ui.linear_generator import generator
from core.ui.sql_tab import sql_tab

actor = guard(Role.VIEWER)

st.title("Datasets")
st.write("Make and keep the data that models learn from.")
linear, hands, sql = st.tabs(["Linear", "Hands", "SQL"], key="datasets_tab", on_change="rerun")
if linear.open:
    with linear:
        generator(actor)
        linear_datasets(actor)
if hands.open:
    with hands:
        hands_tab(actor)
if sql.open:
    with sql:
        sql_tab(actor)
