"""Cached champions and versions, shared by all users for a few seconds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.auth.roles import Actor
from core.config.settings import get_settings
from core.loop import decisions
from core.models import registry
from core.models.registry import RegistryError, Version
from core.models.serving import ModelRefusedError, load_served
from core.ui.shell.formats import plain
from core.ui.shell.links import may_open, page_link
from core.ui.shell.messages import empty, trouble
from core.workloads import get_workload

_FRESH_S = 3


def champion(workload: str) -> Version | None:
    """The champion, or None when there is none yet. Raises :class:`RegistryError`."""
    # Opening a store that does not exist would create it here, which is slow; the flow runner does that.
    return _champion(*_cache_key(workload)) if registry.store_exists() else None


def versions(workload: str) -> list[Version]:
    """Registered versions, newest first. Raises :class:`RegistryError`."""
    return _versions(*_cache_key(workload)) if registry.store_exists() else []


def predictor(version: Version) -> Any:
    """The exported model of a version, loaded. Raises :class:`RegistryError` or :class:`ModelRefusedError`."""
    return _predictor(version.workload, version.version, version.sha256, version)


def champion_with_predictor(workload: str) -> tuple[Version, Any] | None:
    """The champion ready to predict, or the starter model while there is none.

    On failure the reason is shown on the page and None is returned.
    """
    try:
        found = champion(workload) or _shipped(workload)
        return (found, predictor(found)) if found is not None else None
    except (RegistryError, ModelRefusedError) as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return None


def _shipped(workload: str) -> Version | None:
    return registry.starter_version(workload) if get_workload(workload).has_starter else None


def _cache_key(workload: str) -> tuple[str, int, str]:
    """Cache key. The loop records every change of champion as a decision, so a new decision means a new query."""
    newest = decisions.latest(workload, limit=1)
    return workload, newest[0].id if newest else 0, get_settings().tracking_uri


def champion_or_stop(actor: Actor, workload: str) -> tuple[Version, Any]:
    """The champion ready to predict; without one the page says what to do, and the script stops."""
    try:
        found = champion(workload) or _shipped(workload)
        ready = (found, predictor(found)) if found is not None else None
    except (RegistryError, ModelRefusedError) as error:
        trouble(plain(str(error)))
        st.stop()
    if ready is None:
        _no_champion(actor)
        st.stop()
    return ready


def _no_champion(actor: Actor) -> None:
    empty("No model yet. Create a dataset: the first model is then trained automatically.", ":material/trophy:")
    for path, label in (("datasets.py", "Create a dataset"), ("train.py", "Train")):
        if may_open(actor, path):
            page_link(path, label)


@st.cache_data(ttl=_FRESH_S, max_entries=20, show_spinner=False)
def _champion(workload: str, newest_decision: int, uri: str) -> Version | None:
    return registry.champion(workload)


@st.cache_data(ttl=_FRESH_S, max_entries=20, show_spinner=False)
def _versions(workload: str, newest_decision: int, uri: str) -> list[Version]:
    return registry.versions(workload)


@st.cache_resource(max_entries=4, show_spinner=False)
def _predictor(workload: str, version: int, sha256: str, _version: Version) -> Any:
    # Keyed by version, never by alias: aliases move.
    return load_served(_version).predictor
