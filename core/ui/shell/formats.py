"""Numbers, times and sizes formatted for display."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.config.numbers import percent as percent
from core.config.numbers import score as score
from core.config.numbers import size as size


def moment(when: datetime, zone: tzinfo | None = None) -> str:
    """Date and time to the second, in ``zone`` or in the time zone of the reader's browser."""
    return f"{when.astimezone(zone or browser_zone()):%Y-%m-%d %H:%M:%S}"


def day(when: datetime, zone: tzinfo | None = None) -> str:
    """A day that is near, with its time: "5 Dec, 14:30", in ``zone`` or in the time zone of the reader's browser."""
    local = when.astimezone(zone or browser_zone())
    return f"{local.day} {local:%b, %H:%M}"


def ago(when: datetime, now: datetime | None = None) -> str:
    """How long ago: "just now", "5 min ago", "3 h ago", "2 days ago"."""
    seconds = ((now or datetime.now(UTC)) - when).total_seconds()
    if seconds < 10:
        return "just now"
    if seconds < 60:
        return f"{seconds:.0f} s ago"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 48 * 3600:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86400:.0f} days ago"


def duration(seconds: float) -> str:
    """ "4.2 s", "1 min 05 s", "2 h 03 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(number: int, unit: str) -> str:
    """ "1 image", "2,500 images"."""
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def plain(text: str) -> str:
    """``text`` escaped for Markdown: text from users or files is shown literally."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|:$~" else letter for letter in text)


def marked(text: str) -> str:
    """Like :func:`plain`, but commands between backticks in our own messages stay code."""
    parts = re.split(r"(`[\w ./:=-]+`)", text)
    return "".join(part if number % 2 else plain(part) for number, part in enumerate(parts))


def browser_zone() -> tzinfo:
    """The time zone of the reader's browser, UTC when it does not say."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
