"""Datasets, Hands: everything labelled as a zip file."""

from __future__ import annotations

from uuid import uuid4

import streamlit as st

from core.auth.roles import Actor
from core.images import SOURCES, SYNTHETIC, exporting
from core.storage import buckets
from core.ui.shell.formats import counted, size
from core.ui.shell.messages import empty, explained

_LARGEST = 500_000_000
"""Streamlit holds a download in memory: more would endanger the workbench."""


def export_zip(actor: Actor, workload: str) -> None:
    """What it would hold, and the download, which is made when it is asked for."""
    st.markdown(
        "Labelled pictures in Ultralytics' layout, holdout as `test`. Imported again, here or elsewhere, every picture "
        "keeps its split."
    )
    rendered = st.toggle("With synthetic pictures", key="hands_export_synthetic", help="Anybody can render them again.")
    sources = tuple(source for source in SOURCES if rendered or source != SYNTHETIC)
    with explained():
        pictures, weight = exporting.size_of_export(workload, sources)
    if not pictures:
        empty("No such picture is labelled yet. Import some or confirm boxes on the Label page.")
        return
    st.download_button(
        f"Download {counted(pictures, 'picture')} ({size(weight)})",
        lambda: _content(actor, workload, sources),
        f"{workload}-pictures.zip",
        "application/zip",
        icon=":material/download:",
        key="btn_export",
        on_click="ignore",
        type="primary",
        disabled=weight > _LARGEST,
    )
    if weight > _LARGEST:
        st.caption(f"More than {size(_LARGEST)} do not go through the browser: leave the synthetic ones out.")


def _content(actor: Actor, workload: str, sources: tuple[str, ...]) -> bytes:
    folder = buckets.folder(buckets.OUTPUTS)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{uuid4().hex}.zip"
    try:
        exporting.export(actor, target, workload, sources)
        return target.read_bytes()
    finally:
        target.unlink(missing_ok=True)
