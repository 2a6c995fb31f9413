"""How the pieces of the Live page lie beside each other."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.ui.live.camera_test import camera_test
from core.ui.live.capture import capture
from core.ui.live.choices import choices
from core.ui.live.game import game
from core.ui.live.readout import readout
from core.ui.live.report_mistake import report_mistake
from core.ui.live.shortcuts import give_keys_back
from core.ui.live.stream import video
from core.ui.live.viewer_store import viewer


def live_page(actor: Actor) -> None:
    """The picture and its figures on one side; what to do with it on the other."""
    watched = viewer()
    picture, side = st.columns([3, 2], gap="large")
    with picture:
        # Before anything else that could end the run early: a stream that a run leaves out is closed.
        stream = video(watched)
        readout(watched, stream)
        camera_test()
        give_keys_back(stream.playing)
    with side:
        playing, recording, mistake, options = st.tabs(
            ["Play", "Capture", "Correct", "Options"], key="live_tab", on_change="rerun"
        )
        if not playing.open:
            watched.pause()
        if not recording.open:
            watched.recorder.end()  # the button went away while it was held
        if playing.open:
            with playing:
                game(watched, stream.playing)
        if recording.open:
            with recording:
                capture(actor, watched, stream.playing)
        if mistake.open:
            with mistake:
                report_mistake(actor, watched, stream.playing)
        if options.open:  # only then: this asks the registry, and what was chosen stays chosen
            with options:
                watched.wishes = choices()
