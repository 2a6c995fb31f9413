"""A secret that is shown once: created in one script run, shown in the next, then forgotten by the server."""

from __future__ import annotations

import streamlit as st

_KEPT = "_shifumi_kept"


def keep(place: str, text: str, secret: str) -> None:
    """Show ``secret`` under ``text`` (Markdown) at :func:`show` of the same ``place``, on the next run."""
    st.session_state[_KEPT] = (place, text, secret)


def show(place: str) -> None:
    """Show what was kept for ``place``, with a button that copies it."""
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != place:
        return
    del st.session_state[_KEPT]
    _, text, secret = kept
    with st.container(border=True):
        st.success(text, icon=":material/key:")
        st.code(secret, language=None, wrap_lines=True)
        st.caption("It is shown only once. Copy it now.")
