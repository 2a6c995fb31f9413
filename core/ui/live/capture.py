"""Hold to record: frames of a class, for the next training."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.auth.roles import Actor, ForbiddenError, Role
from core.images.collection import ImageCollection
from core.live.capture import LONGEST_S, CaptureResult
from core.live.viewer import Viewer
from core.ui.live.person import person_choice
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty
from core.ui.train.power import wanted_now
from core.workloads.image_collections import collection_of

_EVERY_S = 0.5
_HERE = Path(__file__).parent

_hold = st.components.v2.component(
    "shifumi.hold_button",
    html='<button type="button" aria-pressed="false"><span></span></button>',
    css=(_HERE / "hold.css").read_text(encoding="utf-8"),
    js=(_HERE / "hold.js").read_text(encoding="utf-8"),
)


def capture(actor: Actor, viewer: Viewer, playing: bool, workload: str) -> None:
    """Renews itself while the camera is on, so that the counter counts."""
    if actor.role.rank < Role.EDITOR.rank:
        st.info("Requires the editor role. An admin can change your role under Admin → Users.", icon=":material/lock:")
        return
    if wanted := wanted_now(workload):
        st.info(plain(wanted), icon=":material/photo_camera:")
    st.fragment(run_every=_EVERY_S if playing else None)(_panel)(actor, viewer, playing, collection_of(workload))


def _panel(actor: Actor, viewer: Viewer, playing: bool, collection: ImageCollection) -> None:
    if not collection.classes:
        empty("There is no class yet. Create some on Datasets.", ":material/label:")
        return
    st.write("Show one of them and hold the button. Vary distance, angle, position and light.")
    person_choice(actor, viewer)
    classes = collection.classes
    label = st.segmented_control(
        "Class",
        classes,
        default=classes[0],
        format_func=str.capitalize,
        key=f"live_record_label_{collection.workload}",
        required=True,
    )
    data = {"label": f"Hold to record {label}", "playing": playing}
    state = _hold(key="live_hold", data=data, default={"holding": False}, on_holding_change=lambda: None)
    _follow(viewer, bool(state.holding) and playing, label or classes[0])
    st.caption(f"With the keyboard: hold Space. Frames are stored only while you hold, for at most {LONGEST_S:.0f} s.")
    if not playing:
        st.caption("Start the camera first.")
    if (captured := viewer.recorder.captured) is not None:
        _counter(actor, captured, collection.whole_image)


def _follow(viewer: Viewer, holding: bool, label: str) -> None:
    if not holding:
        viewer.recorder.end()
        return
    try:
        viewer.recorder.begin(acting(), label, viewer.person)
    except ForbiddenError as error:
        st.warning(plain(str(error)), icon=":material/lock:")


def _counter(actor: Actor, captured: CaptureResult, labelled: bool) -> None:
    if captured.problem:
        st.error(f"**Recording stopped.** {plain(captured.problem)}", icon=":material/error:")
    noun = "image" if captured.stored == 1 else "images"
    stored = f"**{captured.stored} {noun} of {plain(captured.label)}** stored"
    st.markdown(f"{stored}, {captured.alike} skipped because nothing moved.")
    if captured.proposers and not labelled:
        by = ", ".join(f"{name} {count}" for name, count in captured.proposers)
        st.caption(f"Boxes proposed by {by}.")
    if captured.stored and may_open(actor, "label.py"):
        page_link("label.py", "Label" if labelled else "Check the boxes")
