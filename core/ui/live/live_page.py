"""How the pieces of the Live page lie beside each other."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.live.viewer import Viewer
from core.ui.live.camera_test import camera_test
from core.ui.live.capture import capture
from core.ui.live.choices import choices
from core.ui.live.game import game
from core.ui.live.readout import readout
from core.ui.live.report_mistake import report_mistake
from core.ui.live.shortcuts import give_keys_back
from core.ui.live.stream import video
from core.ui.live.viewer_store import viewer
from core.ui.shell.image_workload import image_workload_choice
from core.workloads import get_workload
from core.workloads.base import Playable


def live_page(actor: Actor) -> None:
    """The picture and its figures on one side; what to do with it on the other."""
    workload = image_workload_choice()
    watched = viewer(workload)
    picture, side = st.columns([3, 2], gap="large")
    with picture:
        # Before anything else that could end the run early: a stream that a run leaves out is closed.
        stream = video(watched)
        readout(watched, stream, workload)
        camera_test()
        give_keys_back(stream.playing)
    with side:
        _side(actor, workload, watched, stream.playing)


def _side(actor: Actor, workload: str, watched: Viewer, playing: bool) -> None:
    """One tab per thing to do; the game is there where the workload's classes beat each other."""
    played = get_workload(workload)
    names = (["Play"] if isinstance(played, Playable) else []) + ["Capture", "Correct", "Options"]
    tabs = dict(zip(names, st.tabs(names, key=f"live_tab_{workload}", on_change="rerun"), strict=True))
    if "Play" not in tabs or not tabs["Play"].open:
        watched.pause()
    if not tabs["Capture"].open:
        watched.recorder.end()  # the button went away while it was held
    if isinstance(played, Playable) and tabs["Play"].open:
        with tabs["Play"]:
            game(watched, playing, played)
    if tabs["Capture"].open:
        with tabs["Capture"]:
            capture(actor, watched, playing, workload)
    if tabs["Correct"].open:
        with tabs["Correct"]:
            report_mistake(actor, watched, playing, workload)
    if tabs["Options"].open:  # only then: this asks the registry, and what was chosen stays chosen
        with tabs["Options"]:
            watched.wishes = choices(workload)
