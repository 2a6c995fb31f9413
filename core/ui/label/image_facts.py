"""Label: what is known about a picture, beside it."""

from __future__ import annotations

import streamlit as st

from core.catalog.image_tables import Box, Image
from core.config.messages import render
from core.images import LABELLED, SYNTHETIC
from core.images.splits import HOLDOUT
from core.labelling import review_queue
from core.ui.label.queue_filter import title_of
from core.ui.shell.formats import ago, percent, plain
from core.vision.provenance import HUMAN, MODEL

_COLOURS = {review_queue.FLAGGED: "red", review_queue.UNSURE: "orange", LABELLED: "green"}


def facts(image: Image) -> None:
    """Why it is here, whose boxes these are, where it came from."""
    reason = review_queue.reason_of(image)
    st.markdown(f":{_COLOURS.get(reason, 'blue')}-badge[{title_of(reason)}] Image {image.id}")
    if image.note:
        st.markdown(plain(render(image.note)))
    for box in image.boxes:
        st.markdown(f"**{plain(box.label.capitalize())}** {_whose(box)}")
    if not image.boxes:
        st.markdown("Negative (no object): shows none of the classes." if image.state == LABELLED else "No label yet.")
    st.caption(
        f"{image.source.capitalize()} of {image.width} × {image.height} pixels, recording session "
        f"{plain(image.session)}, added {ago(image.created_at)} by {plain(image.created_by)}."
    )
    if image.reviewed_by and image.reviewed_at:
        st.caption(f"Reviewed {ago(image.reviewed_at)} by {plain(image.reviewed_by)}.")
    if image.split == HOLDOUT:
        st.caption("Holdout: used for evaluation, never for training.")


def _whose(box: Box) -> str:
    if box.provenance == MODEL:
        return "proposed by a model" + (
            f", confidence {percent(box.confidence, 0)}" if box.confidence is not None else ""
        )
    if box.provenance == HUMAN:
        return f"by {plain(box.created_by)}"
    return "rendered" if box.provenance == SYNTHETIC else plain(box.provenance)
