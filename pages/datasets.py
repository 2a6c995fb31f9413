"""Datasets."""

import streamlit as st

from core.auth.roles import Role
from core.ui.datasets.images.images_tab import images_tab
from core.ui.datasets.linear_datasets import linear_datasets
from core.ui.datasets.linear_generator import generator
from core.ui.datasets.sql_tab import sql_tab
from core.ui.shell.guard import guard

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
        images_tab(actor, "rps")
if sql.open:
    with sql:
        sql_tab(actor)
