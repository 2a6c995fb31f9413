"""Admin: users, tokens and settings of this installation."""

import streamlit as st

from core.auth.roles import Role
from core.ui.admin import audit_log, notifications, tokens, users
from core.ui.admin import settings as options
from core.ui.shell.guard import guard

actor = guard(Role.ADMIN)

st.title("Admin")
st.write("Users, tokens, settings and the audit log.")

tabs = st.tabs(["Users", "API tokens", "Notifications", "Settings", "Audit log"])
with tabs[0]:
    users.tab(actor)
with tabs[1]:
    tokens.tab()
with tabs[2]:
    notifications.tab(actor)
with tabs[3]:
    options.tab()
with tabs[4]:
    audit_log.tab()
