"""Datasets, Hands: the pictures themselves, a page at a time, and deleting them."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.config.messages import render
from core.images import SOURCES, STATES, store
from core.images.splits import SPLITS
from core.storage.lake import LakeUnreachableError
from core.ui.datasets.images.counts import SPLIT_NAMES
from core.ui.datasets.images.thumbnails import marks_of, thumbnail
from core.ui.shell.confirm import confirm
from core.ui.shell.formats import counted, plain
from core.ui.shell.messages import empty, explained
from core.vision.boxes import CLASSES_OF

PER_PAGE = 20
_TILE = 168


def gallery(actor: Actor, workload: str) -> None:
    """Filters, one page of pictures (newest first), and the way to the others."""
    st.subheader("Pictures")
    filters = _filters(workload)
    with explained():
        total = store.count(filters)
    if not total:
        narrowed = filters != store.Filters(workload)
        empty(
            "No picture matches. Clear a filter to see more."
            if narrowed
            else "No picture yet. Synthesise some above, add photos, import a dataset or record on Live."
        )
        return
    tiles = st.container(horizontal=True, gap="small", key="hands_gallery")
    pages = -(-total // PER_PAGE)
    page = st.pagination(pages, key=f"hands_page_{hash(filters)}") if pages > 1 else 1
    with explained():
        images = store.listed(filters, PER_PAGE, (page - 1) * PER_PAGE)
        store.bring(images)
    with tiles:
        chosen = [image.id for image in images if _tile(image, actor)]
    st.caption(f"{counted(total, 'picture')}. A dashed box is a model's guess that nobody confirmed.")
    _deleting(actor, chosen)


def _filters(workload: str) -> store.Filters:
    with st.container(horizontal=True):
        label = st.selectbox("Class", CLASSES_OF[workload], None, placeholder="any", key="hands_class", width=150)
        state = st.selectbox("State", STATES, None, placeholder="any", key="hands_state", width=150)
        source = st.selectbox("Source", SOURCES, None, placeholder="any", key="hands_source", width=150)
        split = st.selectbox(
            "Split",
            SPLITS,
            None,
            format_func=SPLIT_NAMES.__getitem__,
            placeholder="any",
            key="hands_split",
            width=150,
        )
    return store.Filters(workload, label, state, source, split)


def _tile(image: store.Image, actor: Actor) -> bool:
    """One picture; True when it is ticked."""
    with st.container(width=_TILE, gap="xxsmall", key=f"tile_{image.id}"):
        shown = ", ".join(box.label for box in image.boxes) or "no box"
        try:
            drawn = thumbnail(str(store.file_of(image)), image.workload, marks_of(image))
            st.image(drawn, width="stretch", alt=f"Picture {image.id}: {shown}")
        except LakeUnreachableError:
            st.error("It cannot be fetched now.", icon=":material/cloud_off:")
        except (store.ImageMissingError, OSError):
            st.error("Its file is gone.", icon=":material/broken_image:")
        st.caption(f"{image.state} · {SPLIT_NAMES[image.split]}", help=_told(image))
        return st.checkbox(f"Choose {image.id}", key=f"choose_{image.id}", disabled=actor.role.rank < Role.EDITOR.rank)


def _told(image: store.Image) -> str:
    facts = [
        image.source,
        f"{image.width} × {image.height}",
        f"session {plain(image.session)}",
        f"by {plain(image.created_by)}",
    ]
    return " · ".join([*facts, plain(render(image.note))] if image.note else facts)


def _deleting(actor: Actor, chosen: list[int]) -> None:
    """Ask, then delete what is ticked."""
    allowed = actor.role.rank >= Role.EDITOR.rank
    text = counted(len(chosen), "picture")
    clicked = st.button(
        f"Delete {text}" if chosen else "Delete chosen pictures",
        icon=":material/delete:",
        key="btn_delete_images",
        disabled=not (allowed and chosen),
        help=None if allowed else "Deleting needs the role editor.",
    )
    if clicked:
        confirm(
            f"Delete {text} with their boxes? They cannot be brought back, and datasets that hold them can then only "
            "be trained without them.",
            "Delete",
            lambda who: _delete(who, chosen),
            f"{text[:1].upper() + text[1:]} deleted.",
        )


def _delete(actor: Actor, chosen: list[int]) -> None:
    store.delete(actor, chosen)
