"""Label, one class per image: the image with a button and a key per class instead of boxes to draw."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.auth.roles import Actor
from core.catalog.image_tables import Image
from core.images import store
from core.labelling.review_history import stamp
from core.ui.label import actions
from core.ui.label.editor import Act, DrawnBox
from core.ui.shell.formats import percent, plain
from core.ui.shell.guard import acting
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty, explained

_KEYS = 9
"""Classes with a key of their own: 1 to 9."""


def class_choice(actor: Actor, image: Image, classes: tuple[str, ...], readonly: bool) -> None:
    """Show ``image`` and take a decision. Raises ``ImageMissingError``, ``LakeUnreachableError``."""
    st.image(str(store.file_path(image)), width="stretch", alt=_in_words(image))
    if said := actions.said():
        st.caption(said)
    if not classes:
        empty("There is no class yet. Create some on Datasets.", ":material/label:")
        if may_open(actor, "datasets.py"):
            page_link("datasets.py", "Create classes")
        return
    said_by_model = image.boxes[0].label if image.boxes else None
    with st.container(horizontal=True, key="label_classes"):
        for number, name in enumerate(classes):
            kind: Literal["primary", "secondary"] = "primary" if name == said_by_model else "secondary"
            key = str(number + 1) if number < _KEYS else None
            st.button(
                plain(name),
                key=f"btn_class_{number}",
                type=kind,
                shortcut=key,
                disabled=readonly,
                on_click=_decide,
                args=(image, name),
            )
    _others(image, readonly)


def _others(image: Image, readonly: bool) -> None:
    with st.container(horizontal=True, key="label_acts"):
        for label, action, key, off in (
            ("Reject", "reject", "x", readonly),
            ("Skip", "next", "n", False),
            ("Undo", "undo", "z", readonly or not actions.undoable()),
        ):
            st.button(
                label,
                key=f"btn_class_{action}",
                type="tertiary",
                shortcut=key,
                disabled=off,
                on_click=_act,
                args=(image, action),
            )


def _decide(image: Image, name: str) -> None:
    whole = DrawnBox(label=name, x=0.5, y=0.5, width=1.0, height=1.0)
    _perform(Act(action="accept", image=image.id, seen=stamp(image), boxes=[whole]))


def _act(image: Image, action: Literal["reject", "next", "undo"]) -> None:
    _perform(Act(action=action, image=image.id, seen=stamp(image), boxes=[]))


def _perform(act: Act) -> None:
    """As whoever is signed in now: a callback runs before the page's guard."""
    with explained():
        actions.perform(acting(), act)


def _in_words(image: Image) -> str:
    if not image.boxes:
        return f"Image {image.id}"
    box = image.boxes[0]
    sure = f", {percent(box.confidence, 0)}" if box.confidence is not None else ""
    return f"Image {image.id}: {box.label}{sure}"
