"""Train."""

import streamlit as st

from core.auth.roles import Role
from core.ui.guard import guard

guard(Role.EDITOR)

st.title("Train")
st.write("Check the champion on the newest data and train a challenger.")
