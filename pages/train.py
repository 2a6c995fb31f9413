"""Train."""

import streamlit as st

from core.auth.roles import Role
from core.ui.overview.timeline_section import timeline_section
from core.ui.shell.guard import guard
from core.ui.shell.workload_choice import workload_choice
from core.ui.train.decision_card import decision_card
from core.ui.train.report_export import report_export
from core.ui.train.train_check import check
from core.ui.train.versions import version_list

actor = guard(Role.VIEWER)

st.title("Train")
st.write("Evaluate the champion on the newest data and train a challenger if needed.")
workload = workload_choice()
check(actor, workload)
decision_card(workload)
timeline_section(actor, workload)
report_export(workload)
version_list(actor, workload)
