"""Admin, Settings: every setting as this process sees it."""

from __future__ import annotations

import streamlit as st

from core.config import settings_table
from core.config.settings import get_settings
from core.workloads import WORKLOADS
from core.workloads.settings import settings_of


def tab() -> None:
    """A table, secrets masked. Settings are changed in the environment or ``.env``, never here."""
    st.write("Set these in the environment or in `.env`, then restart. `docs/settings.md` explains each setting.")
    only_changed = st.toggle("Only changed settings", key="only_changed")
    everything = [get_settings(), *settings_of(WORKLOADS.values())]
    found = [row for one in everything for row in settings_table.rows(one) if row.changed or not only_changed]
    if not found:
        st.info("All settings have their default values.")
        return
    st.dataframe(
        [
            {"Variable": row.variable, "Value": row.value, "Source": "environment" if row.changed else "default"}
            for row in found
        ],
        hide_index=True,
        height="content",
    )
