"""Admin, Settings: every option as this process sees it."""

from __future__ import annotations

import streamlit as st

from core.config import settings_table
from core.config.settings import get_settings
from core.workloads import WORKLOADS
from core.workloads.settings import settings_of


def tab() -> None:
    """A table, secrets masked. Options are changed in the environment or ``.env``, never here."""
    st.write("Set these in the environment or in the file `.env`, then start again. `docs/settings.md` explains each.")
    only_changed = st.toggle("Only what was changed", key="only_changed")
    everything = [get_settings(), *settings_of(WORKLOADS.values())]
    found = [row for one in everything for row in settings_table.rows(one) if row.changed or not only_changed]
    if not found:
        st.info("Everything stands at its default.")
        return
    st.dataframe(
        [
            {"Variable": row.variable, "Value": row.value, "From": "environment" if row.changed else "default"}
            for row in found
        ],
        hide_index=True,
        height="content",
    )
