"""The health of every service over the last hour, day or week, on the Overview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.config.settings import get_settings
from core.monitoring.health import labels
from core.monitoring.health_history import HealthInterval, History, histories
from core.ui.overview.health_strip import share_of, strip
from core.ui.shell.charts import show
from core.ui.shell.formats import ago, browser_zone, duration, plain
from core.ui.shell.messages import empty, explained

_EVERY_S = 30.0
_LEAST = timedelta(minutes=10)
_SPANS = {"1 h": timedelta(hours=1), "24 h": timedelta(days=1), "7 d": timedelta(days=7)}


@st.fragment(run_every=_EVERY_S)
def health_history() -> None:
    """Heading, time range, one row per service, and the last outage of each in words."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Health history", width="stretch", anchor=False)
        span = st.segmented_control(
            "Health of the last", list(_SPANS), default="24 h", required=True, key="health_span",
            label_visibility="collapsed",
        )  # fmt: skip
    now = datetime.now(UTC)
    start = now - _SPANS[span or "24 h"]
    with explained():
        found = _named(_histories(get_settings().catalog_url, span or "24 h"))
    if not found:
        empty(_nothing(get_settings().health_interval_s), ":material/monitor_heart:")
        return
    show(strip(found, begin(found, start, now), now, browser_zone()), "health_strip", _alt(found))
    st.caption("Green: up. Red (taller): down. Thin grey line: no data, for example while Shifumi was stopped.")
    st.markdown(outages(found, now))


@st.cache_data(ttl=10, show_spinner=False, max_entries=12)
def _histories(catalog: str, span: str) -> dict[str, History]:
    return histories(datetime.now(UTC) - _SPANS[span])


def begin(found: Mapping[str, History], start: datetime, now: datetime) -> datetime:
    """Start of the time axis: a new installation's first minutes would be too small to see in a week."""
    oldest = min(history.stretches[0].since for history in found.values())
    return max(start, min(oldest, now - _LEAST))


def _named(found: Mapping[str, History]) -> dict[str, History]:
    """In the order of the tiles, with display names; unknown services come last."""
    known = labels()
    order = [name for name in known if name in found] + sorted(set(found) - set(known))
    return {known.get(name, name): found[name] for name in order if found[name].stretches}


def _nothing(interval_s: float) -> str:
    if not interval_s:
        return "Health sampling is off: SHIFUMI_HEALTH_INTERVAL_S is 0."
    return f"No samples in this time range. While the flow runner runs, it checks every service each {interval_s:g} s."


def outages(found: Mapping[str, History], now: datetime) -> str:
    """Markdown: one line for each service that was down, with its last outage and how long it lasted."""
    lines = [
        f"- {_outage_text(label, outage, now)}{f': {plain(outage.detail)}' if outage.detail else ''}"
        for label, history in found.items()
        if (outage := history.last_outage)
    ]
    return "\n".join(lines) or "No outage in this time range."


def _outage_text(label: str, outage: HealthInterval, now: datetime) -> str:
    if (now - outage.until).total_seconds() < 3 * get_settings().health_interval_s:
        return f"**{plain(label)}** is down, for {duration(outage.seconds)} so far"
    return f"**{plain(label)}** was last down until {ago(outage.until, now)}, for {duration(outage.seconds)}"


def _alt(found: Mapping[str, History]) -> str:
    shares = [f"{label} {share_of(one.uptime)}" for label, one in found.items() if one.uptime is not None]
    return f"Uptime of each service over the observed time: {', '.join(shares)}"
