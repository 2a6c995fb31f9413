"""Overview."""

import streamlit as st

from core.auth.roles import Role
from core.ui.bricks import bricks
from core.ui.champion_cards import champion_cards
from core.ui.events import events
from core.ui.first_steps import first_steps, is_new
from core.ui.guard import guard
from core.ui.health_history import health_history
from core.ui.history import history
from core.ui.live import pulse

actor = guard(Role.VIEWER)

st.title("Overview")
st.write("What is running, how good the champions are, and what happened.")
pulse(actor)
newcomer = is_new()
if newcomer:
    first_steps(actor)
health = st.container()
story, side = st.columns([5, 3], gap="medium")
with story:
    champion_cards(actor)
    history(actor)
with side:
    if not newcomer:
        first_steps(actor)
    events(actor)
health_history()
# Last, though it stands on top: asking a brick that is down takes a second, and the rest need not wait for it.
with health:
    bricks()
