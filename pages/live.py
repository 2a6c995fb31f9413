"""Live."""

import streamlit as st

from core.auth.roles import Role
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

# After the guard: these load OpenCV and WebRTC, which nobody else has to wait for.
from core.ui.live.live_page import live_page  # noqa: E402

st.title("Live")
st.write("Use the camera: see what the model sees, correct it, and collect images for the next training.")
live_page(actor)
