"""Label."""

import streamlit as st

from core.auth.roles import Role
from core.ui.label.bulk_actions import after
from core.ui.label.label_page import desk
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

st.title("Label")
st.write("Look at what the model doubts or got wrong, put it right, and it learns from it.")
desk(actor, "rps")
after(actor, "rps")
