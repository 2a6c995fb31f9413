"""Predict, a photo: boxes drawn, a table, downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.auth.roles import Actor
from core.config.settings import get_settings
from core.models.registry import Version
from core.ui.predict.feedback import right_or_wrong
from core.ui.shell.formats import percent, plain
from core.ui.shell.messages import empty
from core.vision.decode import SUFFIXES, BadImageError, Decoded, decode_with_remarks, encode
from core.vision.detection_formats import draw_detections, to_csv, to_json, to_rows
from core.vision.detections import Detections, Detector

CONFIDENCE = "photo_confidence"
_LEAST = 0.05
_FILE, _CAMERA = "A file", "The camera"


def photo(actor: Actor, version: Version, detector: Detector) -> None:
    """Choose an image, see what the champion says about it."""
    taken = _taken()
    confidence = confidence_slider()
    if taken is None:
        empty(f"Choose a photo. The model detects {plain(', '.join(detector.classes))}.", ":material/add_a_photo:")
        return
    try:
        decoded = _decoded(taken.getvalue())
    except BadImageError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        return
    found = _found(taken.getvalue(), version.version, version.sha256, decoded, detector).above(confidence)
    _show(version, decoded, found, detector.classes, partial(_feedback, actor, version, detector, found, taken))


def confidence_slider() -> float:
    """From which confidence on a box counts; the same for photos and videos."""
    return st.slider(
        "Confidence threshold", _LEAST, 0.95, 0.25, 0.05, key=CONFIDENCE, persist_state="session", format="percent"
    )


def model_in_words(version: Version) -> str:
    """Who answered."""
    return f"champion v{version.version}" if version.version else "the starter model"


def _taken() -> UploadedFile | None:
    where = st.segmented_control(
        "Photo from", (_FILE, _CAMERA), default=_FILE, required=True, key="photo_from", persist_state="session"
    )
    if where == _CAMERA:
        return st.camera_input("Photo", key="photo_camera", label_visibility="collapsed")
    return st.file_uploader(
        "Photo",
        type=[suffix[1:] for suffix in SUFFIXES],
        key="photo_file",
        max_upload_size=get_settings().image_max_mb,
        label_visibility="collapsed",
    )


def _show(
    version: Version, decoded: Decoded, found: Detections, classes: tuple[str, ...], ask: Callable[[], None]
) -> None:
    picture, answer = st.columns((3, 2), gap="large")
    words = "; ".join(f"{row['label']}, confidence {percent(row['confidence'], 0)}" for row in to_rows(found, classes))
    with picture:
        marked = encode(draw_detections(decoded.pixels, found, classes))
        st.image(marked, width="stretch", output_format="JPEG", alt=f"The photo with boxes: {plain(words) or 'none'}")
        if decoded.remarks:
            st.caption(f"The photo was {plain(', '.join(decoded.remarks))}.")
    with answer:
        if not len(found):
            st.markdown("**Nothing detected.** Lower the confidence threshold to see less certain boxes.")
        else:
            st.dataframe(
                [{"class": row["label"], "confidence": row["confidence"]} for row in to_rows(found, classes)],
                hide_index=True,
                column_config={
                    "confidence": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
                },
                alt=words,
            )
        st.caption(f"Predicted by {model_in_words(version)}.")
        ask()
        _downloads(version, decoded, found, classes)


def _feedback(actor: Actor, version: Version, detector: Detector, found: Detections, taken: UploadedFile) -> None:
    """About the most confident box: what the photo was said to show."""
    answer = detector.classes[int(found.labels[0])] if len(found) else ""
    right_or_wrong(actor, version, detector.classes, answer, asked=sha256(taken.getvalue()).hexdigest())


def _downloads(version: Version, decoded: Decoded, found: Detections, classes: tuple[str, ...]) -> None:
    by = model_in_words(version)
    files = (
        ("Image", "jpg", "image/jpeg", lambda: encode(draw_detections(decoded.pixels, found, classes))),
        ("Boxes as JSON", "json", "application/json", lambda: to_json(found, classes, decoded.pixels, by)),
        ("Boxes as CSV", "csv", "text/csv", lambda: to_csv(found, classes)),
    )
    with st.container(horizontal=True):
        for label, suffix, mime, content in files:
            st.download_button(
                label,
                content,
                f"{version.workload}-v{version.version}.{suffix}",
                mime,
                icon=":material/download:",
                key=f"btn_photo_{suffix}",
                on_click="ignore",
            )


@st.cache_data(max_entries=4, show_spinner=False)
def _decoded(data: bytes) -> Decoded:
    return decode_with_remarks(data)


@st.cache_data(max_entries=16, show_spinner=False)
def _found(data: bytes, version: int, sha256: str, _decoded: Decoded, _detector: Detector) -> Detections:
    # Asked once with the least confidence: what is surer is among it, so the slider costs nothing.
    return _detector.detect(_decoded.pixels, _LEAST)
