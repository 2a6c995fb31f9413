"""Datasets, images: datasets that were made, and what is inside of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.auth.roles import Actor
from core.catalog.tables import Dataset
from core.images import queries
from core.images.photos import NEGATIVE
from core.images.snapshot import CLASSES
from core.storage import lake
from core.ui.datasets.dataset_list import listing
from core.ui.datasets.images.counts import SPLIT_NAMES, split_chart, spoken
from core.ui.shell.charts import show
from core.ui.shell.formats import size
from core.ui.shell.messages import explained
from core.workloads import get_workload
from core.workloads.image_collections import collection_of


def image_datasets(actor: Actor, workload: str) -> None:
    """The table of datasets and the details of a chosen one."""
    listing(actor, workload, "No dataset yet. Press **Create a dataset** above.", _choices, _inside)


def _choices(dataset: Dataset) -> Mapping[str, Any]:
    return {name: dataset.parameters.get(name) for name in get_workload(dataset.workload).parameters.model_fields}


def _inside(dataset: Dataset) -> None:
    rows, sources = _counts(dataset.path, dataset.workload)
    with explained():
        gone = dataset.rows - queries.count_existing(dataset.workload, _pictures(dataset.path))
    chart, facts = st.columns((3, 2), gap="large")
    with chart:
        show(split_chart(rows), "dataset_inside", spoken(rows))
    with facts:
        st.metric("Images", f"{dataset.rows:,}")
        st.caption(", ".join(f"{number:,} {source}" for source, number in sorted(sources.items())))
        if gone:
            st.warning(f"{gone:,} of its images were deleted since; training skips them.")
        st.caption(f"SHA-256 {dataset.sha256[:16]}… · {size(dataset.bytes)}")


@st.cache_data(max_entries=16, show_spinner=False)
def _pictures(path: str) -> list[str]:
    # A dataset's file never changes, so nothing cached here grows old.
    return [str(sha256) for sha256 in lake.read(path, ["sha256"])["sha256"]]


@st.cache_data(max_entries=64, show_spinner=False)
def _counts(path: str, workload: str) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Boxes per class and split, images without any, and images per source."""
    collection = collection_of(workload)
    columns = lake.read(path, ["split", "source", "boxes", *([CLASSES] if collection.whole_image else [])])
    classes = json.loads(columns[CLASSES][0]) if collection.whole_image else collection.classes
    names = classes if collection.whole_image else (*classes, NEGATIVE)
    counted = {name: dict.fromkeys(SPLIT_NAMES, 0) for name in names}
    sources: dict[str, int] = {}
    for split, source, boxes in zip(columns["split"], columns["source"], columns["boxes"], strict=True):
        found = json.loads(boxes)
        for index in [row[0] for row in found]:
            counted[classes[index]][split] += 1
        if not found:
            counted[NEGATIVE][split] += 1
        sources[source] = sources.get(source, 0) + 1
    return {name: tuple(splits.values()) for name, splits in counted.items()}, sources
