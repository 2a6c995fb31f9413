"""What Predict offers for a workload: points and rows for numbers, photos and videos for pictures."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.ui.predict.file import file_prediction
from core.ui.predict.linear_point import one_point
from core.ui.predict.photo import photo
from core.ui.predict.video import video
from core.ui.shell.champion_cache import champion_or_stop
from core.ui.shell.messages import empty
from core.workloads import get_workload


def predict_tabs(actor: Actor, workload: str) -> None:
    """The tabs that fit ``workload``; without a model the page says what to do and ends here."""
    version, predictor = champion_or_stop(actor, workload)
    if workload == "linear":
        point, file = st.tabs(["One point", "CSV file"], key="predict_tab", on_change="rerun")
        if point.open:
            with point:
                one_point(version, predictor)
        if file.open:
            with file:
                file_prediction(actor, workload)
    elif get_workload(workload).data_kind == "images":
        single, moving = st.tabs(["Photo", "Video"], key="predict_pictures_tab", on_change="rerun")
        if single.open:
            with single:
                photo(version, predictor)
        if moving.open:
            with moving:
                video(actor, workload)
    elif get_workload(workload).data_kind == "rows":
        file_prediction(actor, workload)
    else:
        empty("This workload has no form here yet. Its model can be asked from a program.", ":material/code:")
