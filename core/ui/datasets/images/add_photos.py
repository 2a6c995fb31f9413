"""Datasets, images: photos that somebody adds by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.auth.roles import Actor, Role
from core.config.settings import get_settings
from core.images import photos
from core.images.collection import ImageCollection
from core.storage.lake import LakeError
from core.ui.datasets.images.propose_boxes import propose_soon
from core.ui.shell.formats import counted, plain
from core.ui.shell.guard import acting
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import explained, note
from core.ui.shell.navigation import PAGES
from core.ui.shell.uploaded import field_key, let_go
from core.vision.decode import SUFFIXES
from core.workloads.image_collections import collection_of

_FIELD, _TOLD = "images_photos", "images_photos_told"


def add_photos(actor: Actor, workload: str) -> None:
    """The form, and what became of the photos added last."""
    if any(entry.path == "live.py" for entry in PAGES) and may_open(actor, "live.py"):
        page_link("live.py", "Or record with the webcam on Live")
    allowed = actor.role.rank >= Role.EDITOR.rank
    collection = collection_of(workload)
    negative = [] if collection.whole_image else [photos.NEGATIVE]
    files = st.file_uploader(
        "Photos",
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        accept_multiple_files=True,
        key=field_key(_FIELD),
        max_upload_size=get_settings().image_max_mb,
        disabled=not allowed,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shows = st.selectbox(
            "Label of the photos" if collection.whole_image else "Class in the photos",
            [*collection.classes, *negative],
            index=None,
            placeholder="unknown",
            key=f"images_photos_show_{workload}",
            help="Leave empty to label them one by one on Label."
            if collection.whole_image
            else "A model proposes the boxes; this sets their class. A negative needs no box.",
        )
        session = st.text_input(
            "Recording session",
            placeholder=photos.default_session(actor, datetime.now(UTC)),
            max_chars=60,
            key="images_photos_session",
            help="Photos of one person in one place. All images of a recording session are in the same split.",
        )
    clicked = st.button(
        "Add photos", type="primary", icon=":material/add_photo_alternate:", key="btn_photos", disabled=not files
    )
    if not allowed:
        st.caption(":material/lock: Requires the editor role.")
    if clicked and files:
        _add(files, session or photos.default_session(actor, datetime.now(UTC)), shows, collection)
    for text in st.session_state.pop(_TOLD, []):
        st.warning(plain(text), icon=":material/image:")


def _add(files: list[UploadedFile], session: str, shows: str | None, collection: ImageCollection) -> None:
    try:
        with explained(), st.spinner("Checking the photos"):
            given = ((file.name, file.getvalue()) for file in files)
            added = photos.add_photos(acting(), given, collection, session=session, shows=shows)
    except LakeError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if added.new and (shows is None or (shows != photos.NEGATIVE and not collection.whole_image)):
        propose_soon(acting(), collection.workload)
    let_go(_FIELD, files)
    st.session_state[_TOLD] = added.refused + added.remarks
    note(counted(added.new, "new photo") + (f", {added.known:,} already present" if added.known else ""))
    st.rerun()
