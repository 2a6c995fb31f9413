"""Runs: the files of a run, with a preview and a download."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import streamlit as st

from core.models.run_files import MAX_FILE_BYTES, Artifact
from core.models.runs import Run
from core.ui.runs import run_store
from core.ui.shell.formats import plain, size
from core.ui.shell.messages import empty

_IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".gif"}
_TEXTS = {".txt", ".md", ".csv", ".yaml", ".yml", ".log", ".toml", ".py", "", ".cfg"}
_PREVIEW_CHARACTERS = 20_000


def files(run: Run) -> None:
    """All artifacts: images directly, other files one at a time."""
    listed = run_store.artifacts(run.id)
    if not listed:
        empty("This run has no artifacts.")
        return
    pictures = [item for item in listed if _ending(item.path) in _IMAGES][:6]
    for place, item in zip(st.columns(2) * 3, pictures, strict=False):
        with place:
            _picture(run, item)
    others_first = sorted(listed, key=lambda item: item in pictures)
    label = f"{len(listed)} files"
    chosen = st.selectbox(label, others_first, format_func=_name, key=f"file-{run.id}", filter_mode="contains")
    if chosen is not None:
        _one(run, chosen)


def _name(item: Artifact) -> str:
    return item.path if item.bytes is None else f"{item.path} ({size(item.bytes)})"


def _ending(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def _picture(run: Run, item: Artifact) -> None:
    content = _read(run, item)
    if content is not None:
        st.image(content, caption=item.path, width="stretch", alt=item.path)


def _read(run: Run, item: Artifact) -> bytes | None:
    try:
        return run_store.read_artifact(run.id, item.path)
    except (LookupError, ValueError) as error:
        st.caption(plain(str(error)))
        return None


def _one(run: Run, item: Artifact) -> None:
    if item.bytes is not None and item.bytes > MAX_FILE_BYTES:
        st.caption(f"Too large to preview or download here; find it in MLflow's artifact store as {plain(item.path)}.")
        return
    content = _read(run, item)
    if content is None:
        return
    st.download_button(
        "Download",
        content,
        file_name=PurePosixPath(item.path).name,
        mime="application/octet-stream",
        icon=":material/download:",
        key=f"download-{run.id}",
        on_click="ignore",
    )
    _preview(item.path, content)


def _preview(path: str, content: bytes) -> None:
    ending = _ending(path)
    if ending in _IMAGES:
        return  # shown above
    if ending == ".json":
        try:
            st.json(json.loads(content))
        except ValueError:
            st.caption("This is not valid JSON.")
    elif ending in _TEXTS:
        st.code(content[:_PREVIEW_CHARACTERS].decode("utf-8", errors="replace"), language=None, height=320)
    else:
        st.caption("No preview for this file type.")
