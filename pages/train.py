"""Train."""

import streamlit as st

from core.auth.roles import Role
from core.ui.decision_card import decision_card
from core.ui.guard import guard
from core.ui.history import history
from core.ui.train_check import check
from core.ui.versions import version_list
from core.ui.workload_choice import workload_choice

actor = guard(Role.VIEWER)

st.title("Train")
st.write("Check the champion on the newest data, and let a challenger try to beat it.")
workload = workload_choice()
check(actor, workload)
decision_card(workload)
history(actor, workload)
version_list(actor, workload)
