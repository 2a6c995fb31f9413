"""Admin: people, keys and settings of this installation."""

import streamlit as st

from core.auth.roles import Role
from core.ui.admin import audit_log, notifications
from core.ui.admin import settings as options
from core.ui.admin import tokens as keys
from core.ui.admin import users as people
from core.ui.shell.guard import guard

actor = guard(Role.ADMIN)

st.title("Admin")
st.write("People, keys and settings of this installation, and who did what.")

tabs = st.tabs(["Users", "API tokens", "Notifications", "Settings", "Audit log"])
with tabs[0]:
    people.tab(actor)
with tabs[1]:
    keys.tab()
with tabs[2]:
    notifications.tab(actor)
with tabs[3]:
    options.tab()
with tabs[4]:
    audit_log.tab()
