"""The workbench's figures: there before anybody has opened a page, and on loopback only."""

from __future__ import annotations

import httpx
import psutil
import pytest

from core.cli.stack import stack
from core.config.settings import Settings, get_settings
from tests.exposition import Samples
from tests.ports import free_port
from tests.prefect_server import running

pytestmark = pytest.mark.stack


def test_prometheus_is_answered_before_the_first_visit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    page, figures = free_port(), free_port()
    monkeypatch.setenv("SHIFUMI_WORKBENCH_PORT", str(page))
    monkeypatch.setenv("SHIFUMI_WORKBENCH_METRICS_PORT", str(figures))
    get_settings.cache_clear()
    spec = next(one for one in stack(get_settings()) if one.name == "workbench")
    with running(spec, settings.data_dir / "workbench.out") as child:
        found = Samples(httpx.get(f"http://127.0.0.1:{figures}/metrics").text)
        streamlit = httpx.get(f"http://127.0.0.1:{page}/_stcore/metrics")
        open_to = {
            connection.laddr.ip
            for process in child.tree()
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    assert found.get("shifumi_live_viewers") == 0
    assert found.get("shifumi_live_frames_total") == 0
    assert "active_sessions" in streamlit.text
    assert open_to == {"127.0.0.1"}
