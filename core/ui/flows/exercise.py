"""Flows: the course's first exercise, explained."""

from __future__ import annotations

import streamlit as st

from core.config.settings import get_settings

_TEXT = """
`random-check` knows nothing of models: every {every:g} seconds it draws a number, and under 0.5 that means
*drift*. The task then fails and is tried again, twice, two seconds apart; only three times drift in a row make the
run fail. It ships paused.

1. **Resume** it above and watch runs arrive in the list below; about one in eight fails.
2. Open a failed run: the picture shows three red tries, the log shows *drift* three times.
3. Open a completed one that needed a second try: one red try, one green.
4. With a Discord webhook configured, each start and each failure is announced there.
5. **Pause** it again.

The code is `flows/random_check.py`: thirty lines, and every other flow is built like it.
"""


def exercise() -> None:
    """Folded away: it is read once."""
    with st.expander("The first exercise: random-check", icon=":material/casino:", key="exercise"):
        st.markdown(_TEXT.format(every=get_settings().random_check_interval_s))
