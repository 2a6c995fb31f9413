"""A stream goes on from run to run, however late its server counts, and is over once its page was left.

This is the real ``webrtc_streamer``; only Streamlit's count of runs, which comes late on a busy machine, is played.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit_webrtc import component
from streamlit_webrtc.component import WebRtcStreamerState

from core.auth.roles import Role
from core.config.settings import ROOT
from tests.pages.opening import open_page
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("no_servers")

WATCHING = WebRtcStreamerState(playing=True, signalling=False)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the server has counted so far, in ``script_run_count``."""
    told = SimpleNamespace(script_run_count=1)
    monkeypatch.setattr(component, "get_this_session_info", lambda: told)
    return told


def watched() -> AppTest:
    """The page of somebody whose camera is on."""
    app = open_page("live.py", make_user("vic", Role.VIEWER))
    assert not app.exception
    app.session_state["live_video_0"]._set_state(WATCHING)
    app.run()
    assert not app.button(key="btn_play").disabled
    return app


def test_two_runs_that_are_counted_at_once_do_not_end_a_stream(counted: SimpleNamespace) -> None:
    app = watched()
    counted.script_run_count += 2
    app.run()
    assert app.session_state["live_video_0"].state == WATCHING
    assert not app.button(key="btn_play").disabled


def test_a_stream_whose_page_was_left_is_over(counted: SimpleNamespace) -> None:
    app = watched()
    app.switch_page(str(ROOT / "pages" / "overview.py")).run()
    app.switch_page(str(ROOT / "pages" / "live.py")).run()
    assert not app.session_state["live_video_0"].state.playing
    assert app.button(key="btn_play").disabled
