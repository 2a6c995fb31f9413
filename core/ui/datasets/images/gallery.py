"""Datasets, images: the images themselves, a page at a time, and deleting them."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.config.messages import render
from core.images import LABELLED, SOURCES, STATES, store
from core.images.photos import NEGATIVE
from core.images.splits import SPLITS
from core.storage.lake import LakeUnreachableError
from core.ui.datasets.images.counts import SPLIT_NAMES
from core.ui.datasets.images.thumbnails import marks_of, thumbnail
from core.ui.shell.confirm import confirm
from core.ui.shell.formats import counted, plain
from core.ui.shell.messages import empty, explained
from core.workloads.image_collections import collection_of

PER_PAGE = 20
_TILE = 168


def gallery(actor: Actor, workload: str) -> None:
    """Filters, one page of pictures (newest first), and the way to the others."""
    st.subheader("Images")
    filters = _filters(workload)
    with explained():
        total = store.count(filters)
    if not total:
        narrowed = filters != store.Filters(workload)
        empty(
            "No image matches. Clear a filter to see more."
            if narrowed
            else "No image yet. Add photos, import a dataset or record on Live."
        )
        return
    classes = collection_of(workload).classes
    tiles = st.container(horizontal=True, gap="small", key="images_gallery")
    pages = -(-total // PER_PAGE)
    page = st.pagination(pages, key=f"images_page_{hash(filters)}") if pages > 1 else 1
    with explained():
        images = store.listed(filters, PER_PAGE, (page - 1) * PER_PAGE)
        store.prefetch(images)
    with tiles:
        chosen = [image.id for image in images if _tile(image, actor, classes)]
    st.caption(f"{counted(total, 'image')}. Dashed boxes are unconfirmed model proposals.")
    _deleting(actor, chosen)


def _filters(workload: str) -> store.Filters:
    with st.container(horizontal=True):
        classes = collection_of(workload).classes
        label = st.selectbox("Class", classes, None, placeholder="any", key=f"images_class_{workload}", width=150)
        state = st.selectbox("State", STATES, None, placeholder="any", key="images_state", width=150)
        source = st.selectbox("Image source", SOURCES, None, placeholder="any", key="images_source", width=150)
        split = st.selectbox(
            "Split",
            SPLITS,
            None,
            format_func=SPLIT_NAMES.__getitem__,
            placeholder="any",
            key="images_split",
            width=150,
        )
    return store.Filters(workload, label, state, source, split)


def _tile(image: store.Image, actor: Actor, classes: tuple[str, ...]) -> bool:
    """One picture; True when it is ticked."""
    with st.container(width=_TILE, gap="xxsmall", key=f"tile_{image.id}"):
        shown = ", ".join(box.label for box in image.boxes) or (NEGATIVE if image.state == LABELLED else "no label")
        try:
            drawn = thumbnail(str(store.file_path(image)), classes, marks_of(image))
            st.image(drawn, width="stretch", alt=f"Image {image.id}: {plain(shown)}")
        except LakeUnreachableError:
            st.error("It cannot be loaded now.", icon=":material/cloud_off:")
        except (store.ImageMissingError, OSError):
            st.error("Its file is missing.", icon=":material/broken_image:")
        st.caption(f"{image.state} · {SPLIT_NAMES[image.split]}", help=_told(image))
        return st.checkbox(f"Select {image.id}", key=f"choose_{image.id}", disabled=actor.role.rank < Role.EDITOR.rank)


def _told(image: store.Image) -> str:
    facts = [
        image.source,
        f"{image.width} × {image.height}",
        f"recording session {plain(image.session)}",
        f"by {plain(image.created_by)}",
    ]
    return " · ".join([*facts, plain(render(image.note))] if image.note else facts)


def _deleting(actor: Actor, chosen: list[int]) -> None:
    """Ask, then delete what is ticked."""
    allowed = actor.role.rank >= Role.EDITOR.rank
    text = counted(len(chosen), "image")
    clicked = st.button(
        f"Delete {text}" if chosen else "Delete selected images",
        icon=":material/delete:",
        key="btn_delete_images",
        disabled=not (allowed and chosen),
        help=None if allowed else "Requires the editor role.",
    )
    if clicked:
        confirm(
            f"Delete {text} with their boxes? This cannot be undone. Datasets that contain them will be trained "
            "without them.",
            "Delete",
            lambda who: _delete(who, chosen),
            f"{text[:1].upper() + text[1:]} deleted.",
        )


def _delete(actor: Actor, chosen: list[int]) -> None:
    store.delete(actor, chosen)
