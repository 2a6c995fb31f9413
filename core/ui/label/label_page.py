"""Label: the picture to decide on, with what is known about it."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.image_tables import Image
from core.images import store
from core.labelling import review_queue
from core.labelling.review_history import stamp
from core.storage.lake import LakeUnreachableError
from core.ui.label import actions
from core.ui.label.class_choice import class_choice
from core.ui.label.editor import Act, Showing, editor, taken_act
from core.ui.label.image_facts import facts
from core.ui.label.queue_filter import QueueFilter, queue_filter
from core.ui.shell.formats import plain
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty, explained
from core.workloads.image_collections import collection_of


def workload_asked() -> str | None:
    """The workload of the image that a link asks for."""
    asked = _asked()
    with explained():
        image = store.get(asked) if asked is not None else None
    return image.workload if image is not None else None


def label_page(actor: Actor, workload: str) -> None:
    """The queue's head in the editor, or what to do when nothing waits."""
    if act := taken_act():
        actions.perform(actor, act)
    chosen = queue_filter(workload)
    image = _current(chosen)
    if image is None:
        _nothing_left(actor, chosen)
        return
    picture, details = st.columns((5, 2), gap="large")
    with picture:
        _show(actor, image)
    with details:
        facts(image)


def _current(chosen: QueueFilter) -> Image | None:
    with explained():
        asked = actions.wanted() or _in_address()
        if asked is not None and (found := store.get(asked)) is not None and found.workload == chosen.workload:
            return found
        queue = review_queue.queue(
            chosen.workload,
            1,
            reason=chosen.reason,
            label=chosen.label,
            source=chosen.source,
            without=actions.passed(),
        )
    return queue[0] if queue else None


def _in_address() -> int | None:
    """The picture that a link asks for, once: the next run goes on with the queue."""
    asked = _asked()
    st.query_params.pop("image", None)
    if asked is not None:
        actions.look_at(asked)
    return asked


def _asked() -> int | None:
    asked = st.query_params.get("image", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None


def _show(actor: Actor, image: Image) -> None:
    readonly = actor.role.rank < Role.EDITOR.rank
    draft = actions.draft_of(image.id)
    showing = Showing(f"{image.id}.{actions.showing()}", readonly, actions.undoable(), actions.said(), draft)
    collection = collection_of(image.workload)
    try:
        if collection.whole_image:
            class_choice(actor, image, collection.classes, readonly)
        else:
            editor(image, store.file_path(image), showing, collection.classes)
    except (store.ImageMissingError, LakeUnreachableError) as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        with st.container(horizontal=True):
            _button(actor, image, "Skip", "next", False)
            _button(actor, image, "Reject", "reject", readonly)
    if readonly:
        st.caption("Requires the editor role.")


def _button(actor: Actor, image: Image, label: str, action: Literal["next", "reject"], disabled: bool) -> None:
    """For pictures that the editor cannot show."""
    if st.button(label, key=f"btn_label_{action}", disabled=disabled):
        actions.perform(actor, Act(action=action, image=image.id, seen=stamp(image), boxes=[]))
        st.rerun()


def _nothing_left(actor: Actor, chosen: QueueFilter) -> None:
    skipped = chosen.total  # they wait, and still none is shown
    if skipped:
        empty(f"You have skipped all images in the queue ({skipped:,}).", ":material/skip_next:")
    elif chosen.narrowed:
        empty("No image matches. Choose **All**, or change the filter.", ":material/filter_list_off:")
    else:
        empty("The review queue is empty. Collect images, or report a mistake on Live.", ":material/task_alt:")
    with st.container(horizontal=True):
        if skipped and st.button("Show skipped images again", icon=":material/replay:", key="btn_label_again"):
            actions.passed().clear()
            st.rerun()
        if actions.undoable() and st.button("Undo the last step", icon=":material/undo:", key="btn_label_undo"):
            actions.take_back(actor)
            st.rerun()
        for path, label in (("datasets.py", "Collect images"), ("train.py", "Train")):
            if not skipped and may_open(actor, path):
                page_link(path, label)
