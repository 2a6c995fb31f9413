"""How many pictures there are: what is labelled, per class and split, and where they came from."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.images import PROPOSED, REJECTED, UNLABELLED
from core.images.photos import NEGATIVE
from core.images.queries import Counts
from core.images.splits import HOLDOUT, TRAIN, VAL
from core.ui.datasets.images.propose_boxes import propose_boxes
from core.ui.shell.charts import show
from core.ui.shell.formats import plain
from core.ui.shell.links import may_open, page_link
from core.workloads import charts
from core.workloads.charts import BLUE, GREY, ORANGE
from core.workloads.image_collections import collection_of

SPLIT_NAMES = {TRAIN: "train", VAL: "validation", HOLDOUT: "holdout"}
"""The splits as people read them."""

SPLIT_COLOURS = (BLUE, GREY, ORANGE)


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
        bars = charts.split_bars(rows, SPLIT_COLOURS, tuple(SPLIT_NAMES.values()))
        show(bars, f"{workload}_counts", spoken(rows))
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
        if missing := [label for label, row in rows.items() if label != NEGATIVE and not row[splits.index(split)]]:
            st.warning(
                f"No {plain(' and no '.join(missing))} to {what} yet. A recording session stays in one split: add "
                "another one.",
                icon=":material/balance:",
            )


def _row(splits: dict[str, int]) -> tuple[int, ...]:
    return tuple(splits.get(split, 0) for split in SPLIT_NAMES)


def spoken(rows: dict[str, tuple[int, ...]]) -> str:
    """The chart in words."""
    names = SPLIT_NAMES.values()
    return "; ".join(
        f"{label}: " + ", ".join(f"{number:,} {name}" for name, number in zip(names, numbers, strict=True))
        for label, numbers in rows.items()
    )
