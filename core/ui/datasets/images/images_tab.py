"""A workload on images from top to bottom."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.images import store
from core.ui.datasets.images.add_photos import add_photos
from core.ui.datasets.images.counts import image_counts
from core.ui.datasets.images.dataset_detail import image_datasets
from core.ui.datasets.images.export_zip import export_zip
from core.ui.datasets.images.gallery import gallery
from core.ui.datasets.images.import_zip import import_zip
from core.ui.datasets.images.make_dataset import make_dataset
from core.ui.datasets.images.own_labels import own_labels
from core.ui.shell.messages import explained
from core.workloads import get_workload


def images_tab(actor: Actor, workload: str) -> None:
    """What there is, ways to get more, the labels, the images, the datasets."""
    with explained():
        counts = store.counts(workload)
    st.write(get_workload(workload).description)
    own_labels(actor, workload)
    if counts.total:
        image_counts(actor, counts, workload)
    make, photos, bring, take = st.tabs(
        ["Create a dataset", "Photos", "Import", "Export"], key="images_way", on_change="rerun"
    )
    if make.open:
        with make:
            make_dataset(actor, counts, workload)
    if photos.open:
        with photos:
            add_photos(actor, workload)
    if bring.open:
        with bring:
            import_zip(actor, workload)
    if take.open:
        with take:
            export_zip(actor, workload)
    gallery(actor, workload)
    image_datasets(actor, workload)
