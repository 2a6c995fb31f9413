"""Label."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard
from core.ui.labelling.after import after
from core.ui.labelling.desk import desk

actor = guard(Role.VIEWER)

st.title("Label")
st.write("Look at what the model doubts or got wrong, put it right, and it learns from it.")
desk(actor, "rps")
after(actor, "rps")
