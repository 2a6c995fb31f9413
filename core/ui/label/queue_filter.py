"""Label: which pictures to look at, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.images import LABELLED, PROPOSED, REJECTED, UNLABELLED
from core.labelling import review_queue
from core.ui.label.actions import back_to_the_queue
from core.ui.shell.messages import explained
from core.workloads.image_collections import collection_of

WAITING = "waiting"

_TITLES = {
    review_queue.FLAGGED: "Flagged",
    review_queue.UNSURE: "Low confidence",
    PROPOSED: "Proposed",
    UNLABELLED: "Unlabelled",
}
_REVIEWED = {LABELLED: "Labelled", REJECTED: "Rejected"}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a person wants to see; None means any. ``total`` pictures of it wait."""

    workload: str
    reason: str | None
    label: str | None
    source: str | None
    total: int

    @property
    def narrowed(self) -> bool:
        """Whether less than the whole queue is wanted."""
        return any(one is not None for one in (self.reason, self.label, self.source))


def title_of(reason: str) -> str:
    """A reason or state as people read it."""
    return _TITLES.get(reason) or _REVIEWED[reason]


def queue_filter(workload: str) -> QueueFilter:
    """The reasons with their counts; class, image source and review state behind a button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reasons = st.container(width="stretch")
        with st.popover("Filter", icon=":material/filter_list:", key="label_filter"):
            label, source, reviewed = _narrowing(workload)
    with explained():
        counts = review_queue.waiting_counts(workload, label, source)
    if reviewed is not None:
        return QueueFilter(workload, reviewed, label, source, 0)
    options = {WAITING: f"All {sum(counts.values()):,}"}
    options |= {reason: f"{_TITLES[reason]} {count:,}" for reason, count in counts.items()}
    with reasons:
        chosen = st.pills(
            "Reason",
            list(options),
            default=WAITING,
            required=True,
            format_func=options.__getitem__,
            key="label_reason",
            label_visibility="collapsed",
            persist_state="session",
            on_change=back_to_the_queue,
        )
    reason = None if chosen in {None, WAITING} else chosen
    return QueueFilter(workload, reason, label, source, counts[reason] if reason else sum(counts.values()))


def _narrowing(workload: str) -> tuple[str | None, str | None, str | None]:
    label = st.selectbox(
        "Class",
        collection_of(workload).classes,
        None,
        key=f"label_class_{workload}",
        placeholder="any class",
        on_change=back_to_the_queue,
    )
    with explained():
        sources = review_queue.sources(workload)
    source = st.selectbox(
        "Image source", sources, None, key="label_source", placeholder="any image source", on_change=back_to_the_queue
    )
    reviewed = st.selectbox(
        "Reviewed",
        list(_REVIEWED),
        None,
        format_func=_REVIEWED.__getitem__,
        key="label_reviewed",
        placeholder="not reviewed: the queue",
        on_change=back_to_the_queue,
    )
    return label, source, reviewed
