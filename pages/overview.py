"""Overview."""

import streamlit as st

from core.auth.roles import Role
from core.ui.overview.champion_cards import champion_cards
from core.ui.overview.events import events
from core.ui.overview.feedback_section import feedback_section
from core.ui.overview.first_steps import first_steps, is_new
from core.ui.overview.health_history import health_history
from core.ui.overview.services import services
from core.ui.overview.timeline_section import timeline_section
from core.ui.shell.guard import guard
from core.ui.shell.running_jobs_banner import running_jobs_banner

actor = guard(Role.VIEWER)

st.title("Overview")
st.write("Service health, champions, and recent events.")
running_jobs_banner(actor)
newcomer = is_new()
if newcomer:
    first_steps(actor)
health = st.container()
story, side = st.columns([5, 3], gap="medium")
with story:
    champion_cards(actor)
    timeline_section(actor)
    feedback_section(actor)
with side:
    if not newcomer:
        first_steps(actor)
    events(actor)
health_history()
# Last, though it is shown on top: checking a service that is down takes a second, and the rest need not wait for it.
with health:
    services()
