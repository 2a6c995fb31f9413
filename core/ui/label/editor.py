"""The box editor: a Streamlit component (v2) of our own, in plain JavaScript beside this file.

What comes back from the browser is a stranger's word: :class:`Act` checks its form, the services the rest.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from loguru import logger
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from core.catalog.image_tables import Image
from core.labelling.review_history import stamp
from core.vision.boxes import NewBox
from core.vision.provenance import HUMAN

_KEY = "label_editor"
_ACT = "label_act"
_MOST_BOXES = 100


class DrawnBox(BaseModel):
    """A box as the editor sends it: centre and size in shares of the picture."""

    label: str = Field(max_length=32)
    x: FiniteFloat
    y: FiniteFloat
    width: FiniteFloat
    height: FiniteFloat


class Act(BaseModel):
    """What a person decided on the picture ``image``, which stood at ``seen`` when they saw it."""

    action: Literal["accept", "reject", "undo", "next"]
    image: int
    seen: str = Field(max_length=64)
    boxes: list[DrawnBox] = Field(max_length=_MOST_BOXES)

    def new_boxes(self) -> list[NewBox]:
        """The boxes for the services. Raises :class:`core.vision.boxes.BadBoxError`."""
        return [NewBox(box.label, box.x, box.y, box.width, box.height, HUMAN) for box in self.boxes]


def _read(*names: str) -> str:
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


_mount = st.components.v2.component(
    "shifumi.box_editor", html=_read("editor.html"), css=_read("editor.css"), js=_read("pointer.js", "editor.js")
)


def taken_act() -> Act | None:
    """What the editor sent with this run, once. None when nothing came, or nothing that makes sense."""
    sent = st.session_state.pop(_ACT, None)
    if sent is None:
        return None
    try:
        return Act.model_validate(sent)
    except ValidationError as error:
        logger.warning("The box editor sent an invalid message: {}", error)
        return None


@dataclass(frozen=True, slots=True)
class Showing:
    """How a picture is shown.

    ``token`` names the showing: the same one again leaves unsaved boxes alone. ``undoable``: there is a saved step
    to take back. ``said`` is announced, also to screen readers. ``draft``: unsaved boxes to show instead of the
    picture's own.
    """

    token: str
    readonly: bool
    undoable: bool
    said: str = ""
    draft: Act | None = None


def editor(image: Image, file: Path, showing: Showing, classes: Sequence[str]) -> None:
    """Show ``image`` (its JPEG is ``file``) with its boxes; what is decided comes with :func:`taken_act`."""
    _mount(
        key=_KEY,
        data={
            "token": showing.token,
            "image": image.id,
            "seen": stamp(image),
            "src": f"data:image/jpeg;base64,{base64.b64encode(file.read_bytes()).decode()}",
            "width": image.width,
            "height": image.height,
            "alt": _in_words(image),
            "boxes": _boxes(image, showing.draft),
            "classes": list(classes),
            "readonly": showing.readonly,
            "undoable": showing.undoable,
            "said": showing.said,
        },
        on_act_change=_take,
    )


def _in_words(image: Image) -> str:
    if not image.boxes:
        return f"Image {image.id}"
    return f"Image {image.id} with {len(image.boxes)} box{'es'[: 2 * (len(image.boxes) != 1)]}"


def _boxes(image: Image, draft: Act | None) -> list[dict[str, Any]]:
    if draft is not None:
        return [{**box.model_dump(), "provenance": "you", "confidence": None} for box in draft.boxes]
    names = ("label", "x", "y", "width", "height", "provenance", "confidence")
    return [{name: getattr(box, name) for name in names} for box in image.boxes]


def _take() -> None:
    """Keep the act for the run that follows: there it can fail with a message, before anything is shown."""
    st.session_state[_ACT] = st.session_state[_KEY].act
