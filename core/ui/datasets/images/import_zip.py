"""Datasets, images: import somebody's dataset from a zip file."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor, Role
from core.catalog.tables import Job
from core.config.messages import messages_from_json, render
from core.config.settings import get_settings
from core.images import archive_import
from core.images.archive_formats import YOLO, Layout
from core.images.archive_import import WAITS
from core.images.archives import BadArchiveError
from core.images.class_mapping import BACKGROUND, LEAVE_OUT, guess_class
from core.images.photos import NEGATIVE
from core.jobs import jobs
from core.storage import uploads
from core.storage.lake import LakeError
from core.ui.datasets.images.counts import SPLIT_NAMES
from core.ui.shell.formats import counted, plain
from core.ui.shell.job_progress import follow_job, is_news, start_job
from core.ui.shell.messages import explained
from core.ui.shell.uploaded import field_key, let_go
from core.workloads import get_workload
from core.workloads.base import ClassSynonyms
from core.workloads.image_collections import collection_of

_FIELD, _KEPT = "images_zip", "images_zip_kept"
_MAPPED = 30
"""Most classes that are asked about; a dataset with more is about something else."""

_WITHOUT_LABEL = {WAITS: "not labelled yet: to be labelled later", archive_import.NEGATIVE: NEGATIVE}
_CHOICES = {BACKGROUND: NEGATIVE, LEAVE_OUT: "skip these images"}


def import_zip(actor: Actor, workload: str) -> None:
    """Choose a file, say what its classes mean, follow the import."""
    allowed = actor.role.rank >= Role.EDITOR.rank
    kept = st.session_state.get(_KEPT)
    layout = _look(kept) if kept and allowed else None
    if kept and layout is not None:
        _plan(actor, workload, kept, layout)
    else:
        _choose(actor, workload, allowed)
    job = follow_job(actor, jobs.IMPORT, workload)
    if job is not None and is_news(job):
        _faults(job)


def _choose(actor: Actor, workload: str, allowed: bool) -> None:
    boxes = "" if collection_of(workload).whole_image else ": a model then proposes the boxes"
    st.markdown(
        "A zip file as exported by Roboflow or Ultralytics (`data.yaml`, `images`, `labels`), or with one folder of "
        f"images per class{boxes}."
    )
    uploaded = st.file_uploader(
        "Dataset (zip)",
        type="zip",
        key=field_key(_FIELD),
        max_upload_size=get_settings().upload_max_mb,
        disabled=not allowed,
    )
    if not allowed:
        st.caption(":material/lock: Requires the editor role.")
    if uploaded is None:
        return
    try:
        with explained(), st.spinner("Reading the file"):
            st.session_state[_KEPT] = archive_import.save_upload(actor, uploaded)
    except (BadArchiveError, LakeError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    let_go(_FIELD, [uploaded])
    st.rerun()


def _look(kept: str) -> Layout | None:
    """What the kept file holds; None when it went away meanwhile, which is nobody's fault."""
    try:
        with explained():
            return archive_import.inspect_upload(kept)
    except BadArchiveError:
        st.session_state.pop(_KEPT, None)
        return None


def _plan(actor: Actor, workload: str, kept: str, layout: Layout) -> None:
    count = len(layout.members)
    if layout.kind == YOLO:
        bare = f", {len(layout.without_label):,} of them without a label file" if layout.without_label else ""
        st.markdown(f"A YOLO dataset with **{counted(count, 'image')}**{bare}.")
    else:
        st.markdown(f"**{counted(count, 'image')}** in {counted(len(layout.classes), 'folder')}.")
    for remark in layout.remarks:
        st.caption(f":material/info: {plain(remark)}")
    if layout.orphan_labels:
        st.caption(f":material/info: {counted(len(layout.orphan_labels), 'label file')} without an image.")
    asks = bool(layout.without_label) and not collection_of(workload).whole_image
    without_label = _without_label(layout) if asks else WAITS
    class_mapping = _class_mapping(workload, layout)
    used = any(meaning != LEAVE_OUT for meaning in class_mapping.values()) or not layout.classes
    with st.container(horizontal=True):
        clicked = st.button(
            f"Import {counted(count, 'image')}",
            type="primary",
            icon=":material/move_to_inbox:",
            key="btn_import",
            disabled=not used or without_label is None,
            help="Map at least one class." if not used else None if without_label else "Choose what they are.",
        )
        if st.button("Choose another file", icon=":material/undo:", key="btn_import_other"):
            uploads.discard(st.session_state.pop(_KEPT))
            st.rerun()
    asked = {"upload": kept, "class_mapping": class_mapping, "without_label": without_label}
    if clicked and start_job(actor, jobs.IMPORT, workload, asked):
        st.session_state.pop(_KEPT)
        st.rerun()


def _without_label(layout: Layout) -> str | None:
    """What images without a label file are; None while it is not chosen although it has to be."""
    if layout.apart:
        st.warning(plain(render(archive_import.labels_apart(layout))), icon=":material/link_off:")
    return st.radio(
        "Images without a label file are",
        list(_WITHOUT_LABEL),
        index=None if layout.apart else 0,
        format_func=lambda option: _WITHOUT_LABEL[option],
        key="import_without_label",
    )


def _class_mapping(workload: str, layout: Layout) -> dict[str, str]:
    """One choice per class of the stranger's."""
    collection = collection_of(workload)
    learnt = get_workload(workload)
    synonyms = learnt.synonyms if isinstance(learnt, ClassSynonyms) else None
    options = [*collection.classes, *([] if collection.whole_image else [BACKGROUND]), LEAVE_OUT]
    shown = layout.classes[:_MAPPED]
    if shown:
        st.markdown("**Map its classes to those of the workload**")
    chosen: dict[str, str] = {}
    with st.container(horizontal=True):
        for number, name in enumerate(shown):
            chosen[name] = st.selectbox(
                plain(name) or "(unnamed)",
                options,
                index=options.index(guess_class(name, collection.classes, synonyms)),
                format_func=lambda option: _CHOICES.get(option, option),
                key=f"meaning_{number}_{name}",
                width=240,
            )
    if len(layout.classes) > _MAPPED:
        st.caption(
            f"It names {len(layout.classes):,} classes; images of classes after the first {_MAPPED} are skipped."
        )
    return chosen


def _faults(job: Job) -> None:
    """What the import could not use, and where the pictures went."""
    splits = job.result.get("splits") or {}
    if splits:
        told = ", ".join(f"{splits[split]:,} {name}" for split, name in SPLIT_NAMES.items() if split in splits)
        st.caption(f"By split: {told}. Images of one recording session stay together, so the shares are approximate.")
    faults = [render(one) for one in messages_from_json(job.result.get("faults"))]
    if faults:
        with st.expander(counted(len(faults), "remark"), icon=":material/report:", key=f"faults_{job.id}"):
            st.code("\n".join(faults), language=None, wrap_lines=True)
