"""Overview."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.VIEWER)

st.title("Overview")
st.write("What is running, and how good the champions are.")
