"""Upload fields that can be cleared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def field_key(name: str) -> str:
    """The key of an upload field called ``name``; :func:`let_go` changes it, which empties the field."""
    return f"{name}_{st.session_state.get(_round(name), 0)}"


def let_go(name: str, files: Sequence[UploadedFile]) -> None:
    """Empty the field and release its files.

    Otherwise Streamlit keeps up to 200 MB in memory until the tab is closed.
    """
    st.session_state[_round(name)] = st.session_state.get(_round(name), 0) + 1
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in files:
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def _round(name: str) -> str:
    return f"_{name}_round"
