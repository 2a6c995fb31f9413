"""Label."""

import streamlit as st

from core.auth.roles import Role
from core.ui.label.bulk_actions import bulk_actions
from core.ui.label.label_page import label_page, workload_asked
from core.ui.shell.guard import guard
from core.ui.shell.image_workload import image_workload_choice

actor = guard(Role.VIEWER)

st.title("Label")
st.write(
    "Review images that the model got wrong or predicted with low confidence. The next model is trained on your labels."
)
workload = image_workload_choice(workload_asked())
label_page(actor, workload)
bulk_actions(actor, workload)
