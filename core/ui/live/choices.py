"""What a person chooses for their stream: model, a second one beside it, confidence, mirror."""

from __future__ import annotations

import streamlit as st

from core.live.frames import Model
from core.live.model_cache import STARTER, model_of, starter_model
from core.live.viewer import Source, ViewerOptions
from core.models.registry import CHALLENGER, CHAMPION, PREVIOUS, RegistryError, Version
from core.models.serving import ModelRefusedError, Served
from core.ui.live.viewer_store import model_cache
from core.ui.shell import champion_cache
from core.ui.shell.formats import plain
from core.vision.detection_formats import SHOWN_CONFIDENCE
from core.workloads import get_workload

_TITLES = {CHAMPION: "Champion", CHALLENGER: "Challenger", PREVIOUS: "Previous", STARTER: "Starter"}


def choices(workload: str) -> ViewerOptions:
    """The widgets; returns what is chosen."""
    held = _held(workload)
    ships = get_workload(workload).has_starter
    names = [name for name in _TITLES if name == CHAMPION or name in held or (name == STARTER and ships)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        main = st.selectbox(
            "Model",
            names,
            format_func=lambda name: _label(name, held, ships),
            key=f"live_model_{workload}",
            persist_state="session",
        )
        rival = st.selectbox(
            "Compare with",
            [name for name in names if name != main],
            index=None,
            placeholder="nothing",
            format_func=lambda name: _label(name, held, ships),
            key=f"live_rival_{workload}",
            help="A second model processes the same frames; its boxes are orange.",
        )
    confidence = st.slider(
        "Confidence threshold",
        0.1,
        0.9,
        SHOWN_CONFIDENCE,
        0.05,
        key="live_confidence",
        persist_state="session",
        help="Boxes with a lower confidence are not shown.",
    )
    mirrored = st.toggle("Mirror", True, key="live_mirrored", persist_state="session")
    second = _source(rival, held, workload) if rival else None
    first = _source(main or CHAMPION, held, workload) or model_cache(workload).current
    return ViewerOptions(first, second, confidence, mirrored)


def _held(workload: str) -> dict[str, Version]:
    """Who holds which alias; empty while the registry does not answer."""
    try:
        found = champion_cache.versions(workload)
    except RegistryError:
        return {}  # the read-out says what is wrong
    return {alias: version for version in found for alias in version.aliases}


def _label(name: str, held: dict[str, Version], ships: bool) -> str:
    if name in held:
        return f"{_TITLES[name]} (v{held[name].version})"
    if name != CHAMPION:
        return _TITLES[name]
    return f"{_TITLES[name]} (none yet{': starter model' if ships else ''})"


def _source(name: str, held: dict[str, Version], workload: str) -> Source | None:
    """Where the frames' model comes from; None, and the reason on the page, when it cannot be had."""
    if name == CHAMPION:
        return model_cache(workload).current  # not a fixed version: a promotion takes over in the running stream
    try:
        model = _starter(workload) if name == STARTER else _version(held[name])
    except (RegistryError, ModelRefusedError, ValueError, OSError) as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return None
    return lambda: model


def _version(version: Version) -> Model:
    return model_of(Served(version, champion_cache.predictor(version), version.created_at))


@st.cache_resource(show_spinner=False)
def _starter(workload: str) -> Model:
    return starter_model(workload)
