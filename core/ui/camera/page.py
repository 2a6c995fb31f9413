"""How the pieces of the Live page lie beside each other."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.ui.camera.camera_test import camera_test
from core.ui.camera.choices import choices
from core.ui.camera.keys import give_keys_back
from core.ui.camera.play import play
from core.ui.camera.readout import readout
from core.ui.camera.record import record
from core.ui.camera.stream import video
from core.ui.camera.watching import viewer
from core.ui.camera.wrong import wrong


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
        game, recording, mistake, options = st.tabs(
            ["Play", "Capture", "Correct", "Options"], key="live_tab", on_change="rerun"
        )
        if not game.open:
            watched.pause()
        if not recording.open:
            watched.recorder.end()  # the button went away while it was held
        if game.open:
            with game:
                play(watched, stream.playing)
        if recording.open:
            with recording:
                record(actor, watched, stream.playing)
        if mistake.open:
            with mistake:
                wrong(actor, watched, stream.playing)
        if options.open:  # only then: this asks the registry, and what was chosen stays chosen
            with options:
                watched.wishes = choices()
