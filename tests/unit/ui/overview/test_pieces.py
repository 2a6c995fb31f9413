"""Words and addresses on the Overview."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.config.messages import render, say
from core.loop.champion_status import ChampionStatus
from core.monitoring.health import ComponentState
from core.ui.overview.activity import Event
from core.ui.overview.champion_cards import facts
from core.ui.overview.events import headline
from core.ui.overview.services import advice, as_shown
from core.ui.overview.timeline_section import within
from core.ui.shell.formats import marked
from core.ui.shell.links import from_browser
from tests.deciding import decision


@pytest.mark.parametrize(
    ("url", "page", "seen"),
    [
        ("http://127.0.0.1:4200", "http://127.0.0.1:8501/", "http://127.0.0.1:4200"),
        ("http://127.0.0.1:4200", "http://localhost:8501/", "http://127.0.0.1:4200"),
        ("http://127.0.0.1:4200", "http://lab.example:8501/flows", "http://lab.example:4200"),
        ("http://127.0.0.1:4200/api", "http://[fd00::7]:8501/", "http://[fd00::7]:4200/api"),
        ("https://prefect.example/x", "http://lab.example:8501/", "https://prefect.example/x"),
        ("http://127.0.0.1:4200", "", "http://127.0.0.1:4200"),
    ],
)
def test_links_lead_where_the_readers_browser_can_go(url: str, page: str, seen: str) -> None:
    assert from_browser(url, page) == seen


def test_a_brick_that_is_well_needs_no_advice_and_one_that_starts_only_patience() -> None:
    assert advice(ComponentState("api", "API", "healthy")) == ""
    assert advice(ComponentState("api", "API", "starting", detail="refused", remedy="Restart.")) == ""


def test_a_store_that_was_never_made_is_on_its_way_a_broken_one_is_trouble() -> None:
    store = ComponentState("store", "MLflow store", "unhealthy", detail="not created yet: the runner makes it")
    assert as_shown(store).state == "starting"
    assert as_shown(replace(store, detail="cannot be read")).state == "unhealthy"


def test_commands_in_messages_stay_code_and_nothing_else_is_markup() -> None:
    assert marked("run `python3 manage.py run` *now*") == "run `python3 manage.py run` \\*now\\*"
    assert "`[x](y)`" not in marked("odd `[x](y)`")


def test_advice_says_what_is_wrong_and_what_to_do_and_cannot_be_formatted_by_the_detail() -> None:
    text = advice(ComponentState("api", "API", "unhealthy", detail="no [link](http://x)", remedy="Run `x`."))
    assert "unhealthy" in text
    assert "\\[link\\]" in text
    assert text.endswith("Run `x`.")


def test_a_card_says_on_what_the_figures_rest() -> None:
    now = datetime.now(UTC)
    no_drift = (say("drift.none", method="ks"),)
    shown = ChampionStatus("linear", "Linear", "accuracy", 0.85, 3, now, 6, 0.9, 0.88, 0.92, now, 7, False, no_drift)
    assert facts(shown) == [
        "95 % interval 0.880 to 0.920, evaluated on dataset 7 · just now",
        "Trained on dataset 6 · promoted just now",
        render(no_drift),
    ]
    assert facts(ChampionStatus("linear", "Linear", "accuracy", 0.85, 3)) == [
        "Starter model",
        "No drift test yet.",
    ]


def test_headlines_show_names_as_typed() -> None:
    event = Event(datetime.now(UTC), "dataset.create", "**x** [y](z)", times=3)
    text = headline(event)
    assert "\\[y\\]" in text
    assert "×3" in text
    assert headline(Event(datetime.now(UTC), "something.new", "x")).endswith("something.new")


def test_looking_back_leaves_out_what_is_older() -> None:
    found = [decision("kept", minutes_ago=5), decision("kept", minutes_ago=90)]
    assert within(found, timedelta(hours=1)) == found[:1]
    assert within(found, None) == found
