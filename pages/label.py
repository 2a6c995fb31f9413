"""Label."""

import streamlit as st

from core.auth.roles import Role
from core.ui.label.bulk_actions import bulk_actions
from core.ui.label.label_page import label_page
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

st.title("Label")
st.write("Look at what the model doubts or got wrong, put it right, and it learns from it.")
label_page(actor, "rps")
bulk_actions(actor, "rps")
