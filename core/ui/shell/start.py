"""One-time setup of the workbench process."""

from __future__ import annotations

import logging
from functools import lru_cache

import streamlit as st

from core.config.logs import setup_logging
from core.config.settings import get_settings
from core.live.live_metrics import COLLECTOR
from core.monitoring.metrics.exporter import start_exporter
from core.ui.shell.streamlit_patches import keep_drawn_elements


@st.cache_resource(show_spinner=False)
def prepare_process() -> None:
    """Send the log records of this process to the console and ``data/logs/workbench.jsonl``."""
    setup_logging("workbench")
    keep_drawn_elements()
    serve_metrics()
    # Each browser tab opens a WebSocket; "connection open" records are noise.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


@lru_cache(maxsize=1)
def serve_metrics() -> None:
    """Serve metrics for Prometheus, once per process: see :mod:`core.ui.shell.serve`."""
    start_exporter(get_settings().workbench_metrics_port, "SHIFUMI_WORKBENCH_METRICS_PORT", [COLLECTOR])
