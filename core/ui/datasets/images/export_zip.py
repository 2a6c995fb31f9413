"""Datasets, images: everything labelled as a zip file."""

from __future__ import annotations

from uuid import uuid4

import streamlit as st

from core.auth.roles import Actor
from core.images import SOURCES, SYNTHETIC, archive_export
from core.images.collection import ImageCollection
from core.storage import buckets
from core.ui.shell.formats import counted, size
from core.ui.shell.messages import empty, explained
from core.workloads import get_workload
from core.workloads.base import ImageSynthesis
from core.workloads.image_collections import collection_of

_AGAIN = "They can be rendered again from their seeds."
_LARGEST = 500_000_000
"""Streamlit holds a download in memory: more would endanger the workbench."""


def export_zip(actor: Actor, workload: str) -> None:
    """What it would hold, and the download, which is made when it is asked for."""
    collection = collection_of(workload)
    layout = "One folder per split with one folder per class" if collection.whole_image else "Ultralytics' YOLO layout"
    st.markdown(f"All labelled images: {layout}, holdout as `test`. Images keep their split when imported again.")
    synthesises = isinstance(get_workload(workload), ImageSynthesis)
    rendered = synthesises and st.toggle("Include synthetic images", key="images_export_synthetic", help=_AGAIN)
    sources = tuple(source for source in SOURCES if rendered or source != SYNTHETIC)
    with explained():
        pictures, weight = archive_export.export_size(workload, sources)
    if not pictures:
        empty("There is no labelled image to export yet. Import some, or label some on Label.")
        return
    st.download_button(
        f"Download {counted(pictures, 'image')} ({size(weight)})",
        lambda: _content(actor, collection, sources),
        f"{workload}-images.zip",
        "application/zip",
        icon=":material/download:",
        key="btn_export",
        on_click="ignore",
        type="primary",
        disabled=weight > _LARGEST,
    )
    if weight > _LARGEST:
        st.caption(f"More than {size(_LARGEST)} cannot be downloaded in the browser: exclude the synthetic images.")


def _content(actor: Actor, collection: ImageCollection, sources: tuple[str, ...]) -> bytes:
    folder = buckets.folder(buckets.OUTPUTS)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{uuid4().hex}.zip"
    try:
        archive_export.export(actor, target, collection, sources)
        return target.read_bytes()
    finally:
        target.unlink(missing_ok=True)
