"""The health of every service over the last hour, day or week, on the Overview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.config.settings import get_settings
from core.monitoring.health import labels
from core.monitoring.health_history import History, Stretch, histories
from core.ui.overview.health_strip import share_of, strip
from core.ui.shell.charts import show
from core.ui.shell.formats import ago, browser_zone, duration, plain
from core.ui.shell.messages import empty, explained

_EVERY_S = 30.0
_LEAST = timedelta(minutes=10)
_SPANS = {"1 h": timedelta(hours=1), "24 h": timedelta(days=1), "7 d": timedelta(days=7)}


@st.fragment(run_every=_EVERY_S)
def health_history() -> None:
    """Heading, choice of the span, a strip per service, and in words when one was down last."""
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
    st.caption("Green and slim: up. Red and tall: down. A thin line: nobody looked, as while Shifumi was off.")
    st.markdown(outages(found, now))


@st.cache_data(ttl=10, show_spinner=False, max_entries=12)
def _histories(catalog: str, span: str) -> dict[str, History]:
    return histories(datetime.now(UTC) - _SPANS[span])


def begin(found: Mapping[str, History], start: datetime, now: datetime) -> datetime:
    """Where the picture begins: a new installation's first minutes would be a speck at the edge of a week."""
    oldest = min(history.stretches[0].since for history in found.values())
    return max(start, min(oldest, now - _LEAST))


def _named(found: Mapping[str, History]) -> dict[str, History]:
    """In the order of the tiles, under the names that people read; a service of another version comes last."""
    known = labels()
    order = [name for name in known if name in found] + sorted(set(found) - set(known))
    return {known.get(name, name): found[name] for name in order if found[name].stretches}


def _nothing(interval_s: float) -> str:
    if not interval_s:
        return "Nobody writes down how the services are: SHIFUMI_HEALTH_INTERVAL_S is 0."
    return (
        f"Nothing was seen in this time. While the flow runner works it looks every {interval_s:g} s, "
        "and each service gets its strip here."
    )


def outages(found: Mapping[str, History], now: datetime) -> str:
    """Markdown: a line for each service that was down, with when it was down last and for how long."""
    lines = [
        f"- {_told(label, outage, now)}{f': {plain(outage.detail)}' if outage.detail else ''}"
        for label, history in found.items()
        if (outage := history.last_outage)
    ]
    return "\n".join(lines) or "No service was seen down in this time."


def _told(label: str, outage: Stretch, now: datetime) -> str:
    if (now - outage.until).total_seconds() < 3 * get_settings().health_interval_s:
        return f"**{plain(label)}** is down, for {duration(outage.seconds)} so far"
    return f"**{plain(label)}** was last down until {ago(outage.until, now)}, for {duration(outage.seconds)}"


def _alt(found: Mapping[str, History]) -> str:
    shares = [f"{label} {share_of(one.uptime)}" for label, one in found.items() if one.uptime is not None]
    return f"How much of the observed time each service was up: {', '.join(shares)}"
