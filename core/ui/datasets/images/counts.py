"""How many pictures there are: what is labelled, per class and split, and where they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.auth.roles import Actor
from core.images import PROPOSED, REJECTED, UNLABELLED
from core.images.photos import NEGATIVE
from core.images.queries import Counts
from core.images.splits import HOLDOUT, OPEN, TRAIN, UNUSED, VAL
from core.ui.datasets.images.propose_boxes import propose_boxes
from core.ui.shell.charts import show
from core.ui.shell.formats import plain
from core.ui.shell.links import may_open, page_link
from core.workloads import charts
from core.workloads.charts import BLUE, GREEN, GREY, ORANGE, VIOLET
from core.workloads.image_collections import collection_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

SPLIT_NAMES = {TRAIN: "train", VAL: "validation", HOLDOUT: "holdout", OPEN: "not split yet", UNUSED: "left out"}
"""The splits as people read them."""

_COLOURS = (BLUE, GREY, ORANGE, GREEN, VIOLET)
_ALWAYS = 3


def image_counts(actor: Actor, counts: Counts, workload: str) -> None:
    """What can be learnt from, what waits for a person, and the classes against the splits."""
    numbers, picture = st.columns((2, 3), gap="large")
    waiting = counts.states.get(UNLABELLED, 0) + counts.states.get(PROPOSED, 0)
    with numbers:
        with st.container(horizontal=True, gap="medium"):
            st.metric(
                "Labelled",
                f"{counts.states.get('labelled', 0):,}",
                help="Used for training or evaluation.",
                width="content",
            )
            st.metric(
                "To review", f"{waiting:,}", help="Without a label, or with a proposal to confirm.", width="content"
            )
            st.metric(
                "Rejected", f"{counts.states.get(REJECTED, 0):,}", help="Excluded from all datasets.", width="content"
            )
        told = ", ".join(f"{number:,} {source}" for source, number in sorted(counts.sources.items()))
        st.caption(f"By image source: {told}." if told else "")
        if waiting and may_open(actor, "label.py"):
            page_link("label.py", "Review them on Label")
        propose_boxes(actor, counts, workload)
    if not counts.boxes and not counts.negatives:
        return
    collection = collection_of(workload)
    rows = {label: _row(counts.boxes.get(label, {})) for label in collection.classes}
    if not collection.whole_image:
        rows[NEGATIVE] = _row(counts.negatives)
    with picture:
        show(split_chart(rows), f"{workload}_counts", spoken(rows))
        _gaps(rows)
        st.caption(
            "Labelled images per class and split."
            if collection.whole_image
            else "Boxes of labelled images, per class and split, and images without any: *negative (no object)*."
        )


def _gaps(rows: dict[str, tuple[int, ...]]) -> None:
    """Classes without images to train or evaluate on: few recording sessions may all be in one split."""
    splits = list(SPLIT_NAMES)
    for split, what in ((TRAIN, "train on"), (HOLDOUT, "evaluate a model on")):
        there = (splits.index(split), splits.index(OPEN))  # the next dataset gives those without a split one
        if missing := [name for name, row in rows.items() if name != NEGATIVE and not any(row[i] for i in there)]:
            st.warning(
                f"No {plain(' and no '.join(missing))} to {what} yet. Add images of another "
                "recording session, or capture them on Live.",
                icon=":material/balance:",
            )


def _row(splits: dict[str, int]) -> tuple[int, ...]:
    return tuple(splits.get(split, 0) for split in SPLIT_NAMES)


def split_chart(rows: dict[str, tuple[int, ...]]) -> go.Figure:
    """A bar per class. What is not split yet or left out is drawn where there is any."""
    shown = _shown(rows)
    parts = {label: [numbers[index] for index in shown] for label, numbers in rows.items()}
    names = list(SPLIT_NAMES.values())
    return charts.split_bars(parts, [_COLOURS[index] for index in shown], [names[index] for index in shown])


def spoken(rows: dict[str, tuple[int, ...]]) -> str:
    """The chart in words."""
    names, shown = list(SPLIT_NAMES.values()), _shown(rows)
    return "; ".join(
        f"{label}: " + ", ".join(f"{numbers[index]:,} {names[index]}" for index in shown)
        for label, numbers in rows.items()
    )


def _shown(rows: dict[str, tuple[int, ...]]) -> list[int]:
    return [at for at in range(len(SPLIT_NAMES)) if at < _ALWAYS or any(numbers[at] for numbers in rows.values())]
