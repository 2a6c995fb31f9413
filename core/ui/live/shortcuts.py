"""Keys for the page: the start button lies in a frame of its own, which would keep the keyboard to itself."""

from __future__ import annotations

import streamlit as st

_JS = """
export default function ({ parentElement, data }) {
  const mark = parentElement.querySelector("span");
  const begins = data.playing && mark.dataset.playing !== "yes";
  mark.dataset.playing = data.playing ? "yes" : "no";
  const active = document.activeElement;
  if (begins && active && active.tagName === "IFRAME") {
    active.blur();
    window.focus();
  }
}
"""

_keys = st.components.v2.component("shifumi.live_keys", html="<span></span>", js=_JS)


def give_keys_back(playing: bool) -> None:
    """Once the camera is on, ``p`` and ``w`` reach the page's buttons without a click beside the picture first."""
    _keys(key="live_keys", data={"playing": playing}, height="content")
