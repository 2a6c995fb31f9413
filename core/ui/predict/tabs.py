"""What Predict offers for a kind of data: one row and files for numbers, photos and videos for images."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.ui.predict.file import file_prediction
from core.ui.predict.one_row import one_row
from core.ui.predict.photo import photo
from core.ui.predict.video import video
from core.ui.shell.champion_cache import champion_or_stop
from core.ui.shell.messages import empty
from core.workloads import get_workload


def predict_tabs(actor: Actor, workload: str) -> None:
    """The tabs that fit ``workload``; without a model the page says what to do and ends here."""
    version, predictor = champion_or_stop(actor, workload)
    learnt = get_workload(workload)
    if learnt.data_kind == "rows":
        single, file = st.tabs(["One row", "CSV file"], key="predict_tab", on_change="rerun")
        if single.open:
            with single:
                one_row(actor, learnt, version, predictor)
        if file.open:
            with file:
                file_prediction(actor, workload)
    elif learnt.data_kind == "images":
        single, moving = st.tabs(["Photo", "Video"], key="predict_pictures_tab", on_change="rerun")
        if single.open:
            with single:
                photo(actor, version, predictor)
        if moving.open:
            with moving:
                video(actor, workload)
    else:
        empty("Predictions for this kind of data are not supported yet.", ":material/code:")
