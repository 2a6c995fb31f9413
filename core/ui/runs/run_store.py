"""Cached queries about tracked runs for pages, with errors shown as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.config.settings import get_settings
from core.loop import decisions
from core.models import registry, run_files, runs
from core.models.registry import RegistryError, Version
from core.models.run_files import Artifact
from core.models.runs import Found, Query, Run
from core.ui.shell.formats import marked
from core.ui.shell.messages import trouble

_FRESH_S = 10

_Stamp = tuple[str, int]


@contextmanager
def explained_store() -> Iterator[None]:
    """Show a message when the store does not respond, and stop the script there."""
    try:
        yield
    except RegistryError as error:
        trouble(marked(str(error)))
        st.stop()


def search(query: Query) -> Found:
    return _search(query, _stamp())


def get(run_id: str) -> Run:
    return _get(run_id, _stamp())


def history(run_id: str, metric: str) -> list[tuple[int, float]]:
    return _history(run_id, metric, _stamp())


def artifacts(run_id: str) -> list[Artifact]:
    return _artifacts(run_id, _stamp())


def read_artifact(run_id: str, path: str) -> bytes:
    """Not cached: artifacts are large, and each is read on demand."""
    return run_files.read_artifact(run_id, path)


def versions(workload: str) -> list[Version]:
    return _versions(workload, _stamp()) if registry.store_exists() else []


def _stamp() -> _Stamp:
    """Cache key: the store, and the newest decision, since a new decision may mean new runs."""
    newest = decisions.latest(limit=1)
    return get_settings().tracking_uri, newest[0].id if newest else 0


@st.cache_data(ttl=_FRESH_S, max_entries=30, show_spinner="Searching runs …")
def _search(query: Query, stamp: _Stamp) -> Found:
    return runs.search(query)


@st.cache_data(ttl=_FRESH_S, max_entries=50, show_spinner=False)
def _get(run_id: str, stamp: _Stamp) -> Run:
    return runs.get(run_id)


@st.cache_data(ttl=_FRESH_S, max_entries=100, show_spinner=False)
def _history(run_id: str, metric: str, stamp: _Stamp) -> list[tuple[int, float]]:
    return run_files.history(run_id, metric)


@st.cache_data(ttl=_FRESH_S, max_entries=50, show_spinner=False)
def _artifacts(run_id: str, stamp: _Stamp) -> list[Artifact]:
    return run_files.artifacts(run_id)


@st.cache_data(ttl=_FRESH_S, max_entries=20, show_spinner=False)
def _versions(workload: str, stamp: _Stamp) -> list[Version]:
    return registry.versions(workload)
