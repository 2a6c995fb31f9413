"""Cached queries to Prefect, shared by all users for two seconds, with errors shown as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import streamlit as st

from core.config.settings import get_settings
from core.jobs import flow_control
from core.jobs.flow_control import Deployment
from core.jobs.prefect_api import FlowRun, PrefectRefusedError, PrefectUnavailableError
from core.ui.shell.formats import marked, plain

_FRESH_S = 2


@contextmanager
def explained_prefect() -> Iterator[None]:
    """Show a message when the server does not respond; the rest of the page is still drawn."""
    try:
        yield
    except PrefectUnavailableError as error:
        st.warning(marked(str(error)), icon=":material/cloud_off:")
    except PrefectRefusedError as error:
        st.warning(plain(str(error)), icon=":material/block:")


@contextmanager
def quiet() -> Iterator[None]:
    """A short form, for parts of a page whose top already says what to do."""
    try:
        yield
    except (PrefectUnavailableError, PrefectRefusedError):
        st.caption(":material/cloud_off: Shown once Prefect responds.")


def deployments() -> list[tuple[Deployment, datetime | None]]:
    """Each deployment with its next scheduled run. Raises ``PrefectUnavailableError``."""
    return _deployments(get_settings().prefect_api)


def recent_runs(states: tuple[str, ...], deployment_id: str | None, limit: int) -> list[FlowRun]:
    """Raises ``PrefectUnavailableError``."""
    return _recent_runs(get_settings().prefect_api, states, deployment_id, limit)


def clear_cache() -> None:
    """Query again: something has just changed."""
    _deployments.clear()
    _recent_runs.clear()


@st.cache_data(ttl=_FRESH_S, max_entries=4, show_spinner=False)
def _deployments(api: str) -> list[tuple[Deployment, datetime | None]]:
    return [(one, flow_control.next_run(one)) for one in flow_control.deployments()]


@st.cache_data(ttl=_FRESH_S, max_entries=40, show_spinner=False)
def _recent_runs(api: str, states: tuple[str, ...], deployment_id: str | None, limit: int) -> list[FlowRun]:
    return flow_control.recent_runs(list(states) or None, deployment_id, limit)
