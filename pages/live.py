"""Live."""

import streamlit as st

from core.auth.roles import Role
from core.ui.shell.guard import guard

actor = guard(Role.VIEWER)

# After the guard: these load OpenCV and WebRTC, which nobody else has to wait for.
from core.ui.live.live_page import live_page  # noqa: E402

st.title("Live")
st.write("Hold your hand into the camera: see what the model sees, play against it, teach it.")
live_page(actor)
