"""The picture and the words of the health history."""

from datetime import UTC, datetime, timedelta

import pytest

from core.monitoring.health_history import HealthInterval, History
from core.ui.overview.health_history import begin, outages
from core.ui.overview.health_strip import share_of, strip

NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)


def stretch(from_hours_ago: float, to_hours_ago: float, up: bool = True, detail: str = "") -> HealthInterval:
    return HealthInterval(NOW - timedelta(hours=from_hours_ago), NOW - timedelta(hours=to_hours_ago), up, detail, 3.2)


GOOD = History("api", (stretch(20, 10), stretch(8, 0)))
BAD = History("prefect", (stretch(20, 10), stretch(10, 9.5, False, "<b>refused</b>"), stretch(9.5, 0)))


def test_each_brick_has_a_strip_up_and_down_differ_in_more_than_colour_and_gaps_are_neither() -> None:
    drawn = strip({"API": GOOD, "Prefect": BAD}, NOW - timedelta(days=1), NOW, UTC)
    track, up, down = drawn.data
    assert list(track.y) == ["API", "Prefect"]
    assert list(up.y) == ["API", "API", "Prefect", "Prefect"]
    assert list(down.y) == ["Prefect"]
    assert (up.width, down.width) == (0.36, 0.74)
    assert sum(up.x[:2]) == 1000 * 3600 * 18, "the two hours in between are not drawn"
    assert drawn.layout.xaxis.range == ((NOW - timedelta(days=1)).replace(tzinfo=None), NOW.replace(tzinfo=None))


def test_an_outage_of_a_second_can_still_be_seen() -> None:
    blip = HealthInterval(NOW - timedelta(seconds=1), NOW, False, "", 0.0)
    drawn = strip({"API": History("api", (blip,))}, NOW - timedelta(days=7), NOW, UTC)
    assert drawn.data[1].x[0] == pytest.approx(0.003 * 7 * 86_400_000)
    last = drawn.data[1].base[0] + timedelta(milliseconds=drawn.data[1].x[0])
    assert last == NOW.replace(tzinfo=None), "it does not stick out"


def test_what_a_brick_said_cannot_become_markup() -> None:
    drawn = strip({"Prefect": BAD}, NOW - timedelta(days=1), NOW, UTC)
    assert "&lt;b&gt;" in drawn.data[2].customdata[0][1]
    assert "\\<b\\>" in outages({"Prefect": BAD}, NOW)


@pytest.mark.parametrize(("uptime", "shown"), [(1.0, "100 %"), (0.99999, "99.99 %"), (0.5, "50.00 %"), (0.0, "0.00 %")])
def test_only_what_was_never_down_was_up_a_hundred_percent(uptime: float, shown: str) -> None:
    assert share_of(uptime) == shown


def test_the_last_outage_is_told_with_its_length_or_that_there_was_none() -> None:
    assert outages({"API": GOOD}, NOW) == "No outage in this time range."
    told = outages({"API": GOOD, "Prefect": BAD}, NOW)
    assert told.startswith("- **Prefect** was last down until 9 h ago, for 30 min 00 s")
    lasting = History("prefect", (stretch(2, 0, False, "refused"),))
    assert "**Prefect** is down, for 2 h 00 min so far" in outages({"Prefect": lasting}, NOW)


def test_the_picture_begins_with_what_was_seen_but_shows_ten_minutes_at_least() -> None:
    day, fresh = NOW - timedelta(days=1), {"API": History("api", (stretch(0.01, 0),))}
    assert begin(fresh, day, NOW) == NOW - timedelta(minutes=10)
    assert begin({"API": GOOD, "Prefect": BAD}, day, NOW) == NOW - timedelta(hours=20)
    assert begin({"API": GOOD}, NOW - timedelta(hours=1), NOW) == NOW - timedelta(hours=1)
