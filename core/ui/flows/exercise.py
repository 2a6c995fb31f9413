"""Flows: the exercise random-check, explained."""

from __future__ import annotations

import streamlit as st

from core.config.settings import get_settings

_TEXT = """
`random-check` does not use a model: every {every:g} seconds it draws a random number, and a number below 0.5 means
*drift*. The task then fails and is retried twice, two seconds apart; only three failures in a row make the run fail.
Its schedule is paused at first. Above it is **random-check** · course: the deployment *course* of this flow.

1. **Resume** it above and watch flow runs appear in the list below; about one in eight fails.
2. Open a failed run: the chart shows three red attempts, the log shows *drift* three times.
3. Open a completed run that needed a retry: one red attempt, one green.
4. With a Discord webhook configured, each start and each failure is posted there.
5. **Pause** it again.

The code is `flows/random_check.py`, about thirty lines. Every other flow is built like it.
"""


def exercise() -> None:
    """In a collapsed expander: it is read once."""
    with st.expander("Exercise: random-check", icon=":material/casino:", key="exercise"):
        st.markdown(_TEXT.format(every=get_settings().random_check_interval_s))
