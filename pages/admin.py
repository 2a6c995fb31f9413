"""Admin."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.ADMIN)

st.title("Admin")
st.write("People, keys and settings of this installation.")
