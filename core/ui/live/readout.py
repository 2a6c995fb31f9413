"""What a running stream says: the class, how fast and how fresh the boxes are, and what is wrong."""

from __future__ import annotations

import streamlit as st

from core.live import camera_advice
from core.live.viewer import ModelReport, Viewer, ViewerReport
from core.ui.live.stream import Stream, asked_for_s, reset
from core.ui.live.viewer_store import model_cache
from core.ui.shell.formats import percent, plain

_EVERY_S = 0.5
_SILENT_S = 4.0
_PATIENCE_S = 15.0

_AGE = "The video never waits for the model: the boxes belong to the latest frame that it has processed."


def readout(viewer: Viewer, stream: Stream, workload: str) -> None:
    """Renews itself twice a second while the camera is on."""
    busy = stream.playing or stream.connecting
    st.fragment(run_every=_EVERY_S if busy else None)(_now)(viewer, busy, workload)


def _now(viewer: Viewer, busy: bool, workload: str) -> None:
    report = viewer.report()
    if not busy:
        st.caption("Press *Start camera*. Nothing is stored unless you press a button that says so.")
        return
    if _no_picture(report):
        return
    if problem := model_cache(workload).problem:
        st.warning(plain(problem), icon=":material/cloud_off:")
    _answers(report.main)
    if report.rival is not None:
        _in_a_line(report.rival)


def _no_picture(report: ViewerReport) -> bool:
    """Say why there is none, if so."""
    if report.silent_s is None:
        if asked_for_s() < _PATIENCE_S:
            st.caption(":material/hourglass: Connecting …")
            return True
        _lost(*camera_advice.NOT_CONNECTED)
        return True
    if report.silent_s > _SILENT_S:
        _lost(*camera_advice.LOST)
        return True
    return False


def _lost(what: str, remedy: str) -> None:
    st.error(f"**{what}.** {remedy} Then press *Reset* and *Start camera*.", icon=":material/videocam_off:")
    if st.button("Reset", icon=":material/refresh:", key="btn_live_reset"):
        reset()
        st.rerun()


def _answers(main: ModelReport | None) -> None:
    if main is None:
        st.caption(":material/hourglass: Loading the model …")
        return
    if main.error:
        st.error(
            f"**The model fails on these frames.** {plain(main.error)} Choose another one.", icon=":material/error:"
        )
    best = main.boxes[0] if main.boxes else None
    seen = (
        f"{plain(best.name.capitalize())} :gray[{percent(best.confidence, 0)}]" if best else ":gray[Nothing detected]"
    )
    st.markdown(f"### {seen}")
    age = f"boxes {main.age_ms:.0f} ms old" if main.age_ms is not None else "no boxes yet"
    took = f", {main.took_ms:.0f} ms per frame" if main.took_ms is not None else ""
    st.caption(f"{main.per_second:.0f} results per second · {age} · model {plain(main.model)}{took}", help=_AGE)


def _in_a_line(rival: ModelReport) -> None:
    said = ", ".join(f"{plain(box.name)} {percent(box.confidence, 0)}" for box in rival.boxes) or "nothing"
    detected = f":orange[:material/square:] **{plain(rival.model)}** detects {said}"
    text = f"{detected} · {rival.per_second:.0f} results per second"
    st.markdown(text)
    if rival.error:
        st.caption(plain(rival.error))
