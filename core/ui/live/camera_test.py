"""The camera test: says why there is no picture, and what to do."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.config.ice import rtc_configuration
from core.config.settings import get_settings
from core.live.camera_advice import OK, advice_text, verdict_of
from core.ui.shell.formats import marked

_HERE = Path(__file__).parent

_test = st.components.v2.component(
    "shifumi.camera_test",
    html='<button type="button">Test the camera</button>',
    css=(_HERE / "hold.css").read_text(encoding="utf-8"),
    js=(_HERE / "camera_test.js").read_text(encoding="utf-8"),
)


def camera_test() -> None:
    """Folded away until somebody needs it."""
    with st.expander("No video?", icon=":material/troubleshoot:", key="live_trouble"):
        st.fragment(_panel)()


def _panel() -> None:
    st.write("Stop the camera, then run the test. It shows what is missing.")
    secret = get_settings().ice_servers
    servers = rtc_configuration(secret.get_secret_value() if secret else None, st.context.url)["iceServers"]
    state = _test(
        key="live_camera_test", data={"ice_servers": servers}, default={"report": None}, on_report_change=lambda: None
    )
    verdict, detail = verdict_of(state.report)
    if not verdict:
        return
    what, remedy = advice_text(verdict, detail)
    if verdict == OK:
        st.success(marked(what), icon=":material/check_circle:")
    else:
        st.error(f"**{marked(what)}** {marked(remedy)}", icon=":material/videocam_off:")
