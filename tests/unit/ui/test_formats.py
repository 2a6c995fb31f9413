"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.ui.shell.formats import ago, counted, day, duration, moment, percent, plain, size

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (45, "45 s ago"), (150, "2 min ago"), (7_300, "2 h ago"), (200_000, "2 days ago")],
)
def test_ago(seconds: int, text: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.24, "4.2 s"), (59.97, "1 min 00 s"), (65, "1 min 05 s"), (7_380, "2 h 03 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(17, "17 bytes"), (1_500, "1.5 kB"), (16_800_000, "17 MB"), (999_999, "1.0 MB"), (2_340_000_000, "2.3 GB")],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


def test_moment_is_local_time() -> None:
    assert moment(NOW, ZoneInfo("Europe/Paris")) == "2026-03-01 13:00:00"


def test_a_day_has_its_time() -> None:
    assert day(NOW, ZoneInfo("Europe/Paris")) == "1 Mar, 13:00"


def test_percent() -> None:
    assert percent(0.8754) == "87.5 %"


def test_plain_takes_markdown_its_meaning() -> None:
    assert plain("**bold** :red[x]") == r"\*\*bold\*\* \:red\[x\]"


@pytest.mark.parametrize(("number", "text"), [(0, "0 images"), (1, "1 image"), (2_500, "2,500 images")])
def test_things_are_counted(number: int, text: str) -> None:
    assert counted(number, "image") == text
