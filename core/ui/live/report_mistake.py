"""“Report a mistake”: one frame, frozen by a press of a button, goes to the review with the right class."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from core.auth.roles import Actor
from core.catalog.image_tables import Image
from core.images import DECIDED
from core.labelling import flags, review_queue
from core.live.viewer import AnsweredFrame, Viewer
from core.storage.lake import LakeError
from core.ui.live.person import known_person
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import explained
from core.vision import drawing
from core.vision.boxes import BadBoxError
from core.vision.decode import BadImageError
from core.vision.detections import Pixels
from core.vision.tracks import to_shown_boxes
from core.workloads.image_collections import collection_of

_MOMENT, _NTH = "live_moment", "live_moment_nth"
_DONE = "live_flagged"
_NONE = "none of these"


def report_mistake(actor: Actor, viewer: Viewer, playing: bool, workload: str) -> None:
    """A fragment: pressing its buttons leaves the rest of the page alone."""
    st.fragment(_panel)(actor, viewer, playing, workload)


def _panel(actor: Actor, viewer: Viewer, playing: bool, workload: str) -> None:
    st.write("Was the model wrong? Freeze the frame and label it: the next model is trained on it.")
    moment: AnsweredFrame | None = st.session_state.get(_MOMENT)
    if moment is None:
        st.button(
            "Report a mistake",
            key="btn_wrong",
            icon=":material/thumb_down:",
            shortcut="w",
            disabled=not playing,
            on_click=_freeze,
            args=(viewer,),
        )
        _told(actor)
        return
    st.image(_with_boxes(moment), channels="BGR", caption=f"{moment.model} predicted {plain(_in_words(moment))}.")
    st.write("What does it show?")
    _answers(viewer, st.session_state[_NTH], workload)
    st.caption("Choosing a class stores the frame; *Cancel* does not.")


def _answers(viewer: Viewer, nth: int, workload: str) -> None:
    """Buttons of this frame alone. On a slow server those of the last one can still be pressed when the next is frozen
    already, and the answer would be taken for one about a frame that nobody has seen."""
    known_person(acting(), viewer)
    with st.container(horizontal=True):
        for label in (*collection_of(workload).classes, _NONE):
            key = f"btn_right_{label.replace(' ', '_')}_{nth}"
            st.button(label.capitalize(), key=key, on_click=_send, args=(viewer, nth, label, workload))
        st.button("Cancel", key=f"btn_wrong_cancel_{nth}", type="tertiary", on_click=_forget, args=(nth,))


def _freeze(viewer: Viewer) -> None:
    st.session_state.pop(_DONE, None)
    moment = viewer.moment()
    if moment is None:
        st.session_state[_DONE] = ("No frame has been processed yet. Wait a second and press again.", False)
        return
    st.session_state[_MOMENT] = moment
    st.session_state[_NTH] = st.session_state.get(_NTH, 0) + 1


def _taken(nth: int) -> AnsweredFrame | None:
    """The frozen frame, which goes; None when it is another one by now: Streamlit remembers buttons that are gone."""
    return st.session_state.pop(_MOMENT, None) if nth == st.session_state[_NTH] else None


def _forget(nth: int) -> None:
    _taken(nth)


def _send(viewer: Viewer, nth: int, label: str, workload: str) -> None:
    moment = _taken(nth)
    if moment is None:
        return
    right = None if label == _NONE else label
    try:
        with explained():
            image = flags.flag(
                acting(),
                moment.pixels,
                right,
                flags.FlaggedPrediction(moment.said, moment.classes, moment.model),
                session=viewer.session,
                person=viewer.person,
                collection=collection_of(workload),
            )
    except (BadImageError, BadBoxError, LakeError, OSError) as error:
        st.session_state[_DONE] = (f"Not stored. {error}", False)
        return
    st.session_state[_DONE] = (_thanks(image, label), True)


def _thanks(image: Image, label: str) -> str:
    if image.state in DECIDED:
        return f"Thank you. This frame is already stored as image {image.id} and reviewed; its labels are kept."
    waiting = sum(review_queue.waiting_counts(image.workload).values())
    return f"Thank you. The frame is in the review queue as image {image.id}, labelled “{label}” ({waiting} waiting)."


def _told(actor: Actor) -> None:
    if _DONE not in st.session_state:
        return
    text, good = st.session_state[_DONE]
    (st.success if good else st.error)(plain(text), icon=":material/check_circle:" if good else ":material/error:")
    if good and may_open(actor, "label.py"):
        page_link("label.py", "Open it on Label")


def _with_boxes(moment: AnsweredFrame) -> Pixels:
    picture = moment.pixels.copy()
    for box in to_shown_boxes(moment.said, moment.classes):
        drawing.draw_box(picture, box, drawing.MAIN)
    if picture.shape[1] > 640:
        return np.asarray(cv2.resize(picture, None, fx=640 / picture.shape[1], fy=640 / picture.shape[1]), np.uint8)
    return picture


def _in_words(moment: AnsweredFrame) -> str:
    return ", ".join(moment.classes[int(label)] for label in moment.said.labels) or "nothing"
