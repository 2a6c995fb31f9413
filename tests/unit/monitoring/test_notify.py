"""Discord hears what happened, and can neither fail nor hold up the work."""

from collections.abc import Iterator

import httpx
import pytest
from loguru import logger

from core.catalog.engine import get_engine
from core.config.settings import Settings, get_settings
from core.monitoring import deliveries, discord_post, notify
from tests.discord import FakeDiscord, fake_discord
from tests.ports import free_port


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDiscord]:
    with fake_discord() as server:
        _use(monkeypatch, server.url)
        yield server


def _use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SHIFUMI_DISCORD_WEBHOOK_URL", url)
    monkeypatch.setenv("SHIFUMI_NOTIFY_TIMEOUT_S", "30")
    get_settings.cache_clear()
    notify.forget_failures()


@pytest.fixture
def written() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(sink)


def test_an_embed_arrives_as_it_was_meant(discord: FakeDiscord) -> None:
    assert notify.send_discord_embed("Drift", "x1 moved", notify.RED, {"champion": "v3", "empty": ""})
    (embed,) = discord.embeds
    assert (embed["title"], embed["description"], embed["color"]) == ("Drift", "x1 moved", notify.RED)
    assert embed["fields"][0] == {"name": "champion", "value": "v3", "inline": True}
    assert embed["fields"][1]["value"]  # Discord refuses empty values


def test_long_texts_are_cut_to_what_discord_takes(discord: FakeDiscord) -> None:
    fields = {f"{n:03d}" + "n" * 300: "v" * 2000 for n in range(40)}
    assert notify.send_discord_embed("t" * 300, "d" * 5000, fields=fields)
    (embed,) = discord.embeds
    assert (len(embed["title"]), len(embed["description"]), len(embed["fields"])) == (256, 4096, 25)
    assert all(len(f["name"]) <= 256 and len(f["value"]) <= 1024 for f in embed["fields"])


def test_without_a_webhook_it_is_silent_and_logged(written: list[str]) -> None:
    assert not notify.send_discord_embed("Hello")
    assert any("no webhook is configured: Hello" in line for line in written)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_is_logged_without_the_secret(discord: FakeDiscord, written: list[str], status: int) -> None:
    discord.status = status
    assert not notify.send_discord_embed("Hello")
    assert any(str(status) in line for line in written)
    assert not any("very-secret" in line for line in written)


def test_nobody_listening_is_no_error(monkeypatch: pytest.MonkeyPatch, written: list[str]) -> None:
    _use(monkeypatch, f"http://127.0.0.1:{free_port()}/hook")
    assert not notify.send_discord_embed("Hello")
    assert any("ConnectError" in line for line in written)


def test_a_malformed_address_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, "not an address")
    assert not notify.send_discord_embed("Hello")


def test_a_slow_discord_costs_one_time_out_in_all(discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty messages to a server that never answers: it is waited for once, and not again for the others."""
    monkeypatch.setenv("SHIFUMI_NOTIFY_TIMEOUT_S", "0.5")
    get_settings.cache_clear()
    waited: list[str] = []
    posted = notify.post
    monkeypatch.setattr(notify, "post", lambda url, *rest: waited.append(url) or posted(url, *rest))
    discord.gate.clear()
    assert not any(notify.send_discord_embed(f"message {n}") for n in range(20))
    assert not discord.gate.is_set(), "it waited for the answer"
    assert len(waited) == 1


def test_it_recovers_once_discord_does(discord: FakeDiscord) -> None:
    discord.status = 500
    assert not notify.send_discord_embed("lost")
    discord.status = 204
    assert not notify.send_discord_embed("dropped while pausing")
    notify.forget_failures()
    assert notify.send_discord_embed("back")


def test_it_waits_as_long_as_discord_asks_and_tries_again(discord: FakeDiscord) -> None:
    discord.patience = ["0.6", "0.3"]
    assert notify.send([notify.Embed("Hello")], "linear dataset 3")
    first, second, third = discord.asked_at
    assert second - first >= 0.6
    assert third - second >= 0.3
    (kept,) = deliveries.latest()
    assert (kept.title, kept.about, kept.status, kept.attempts, kept.problem) == (
        "Hello",
        "linear dataset 3",
        204,
        3,
        "",
    )


def test_a_long_wait_is_kept_but_not_waited_for(discord: FakeDiscord) -> None:
    discord.patience = ["3600"]
    assert not notify.send_discord_embed("Hello")
    assert not notify.send_discord_embed("dropped")
    assert len(discord.asked_at) == 1
    told = [(one.title, one.status, one.attempts, one.problem) for one in deliveries.latest()]
    assert told == [
        ("dropped", None, 0, "dropped: an earlier message failed"),
        ("Hello", 429, 1, "HTTP 429"),
    ]


def test_a_server_that_never_has_time_is_given_up(discord: FakeDiscord) -> None:
    discord.patience = ["0"] * 9
    assert not notify.send_discord_embed("Hello")
    assert len(discord.asked_at) == 3
    assert deliveries.latest()[0].attempts == 3


@pytest.mark.parametrize(
    ("headers", "body", "wanted"),
    [
        ({"Retry-After": "2.5"}, b"", 2.5),
        ({"Retry-After": "-1"}, b"", 0.0),
        ({}, b'{"retry_after": 4.25}', 4.25),
        ({"Retry-After": "soon"}, b"no json", 1.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, b"", 0.0),
    ],
)
def test_how_long_is_read_from_whatever_is_sent(headers: dict[str, str], body: bytes, wanted: float) -> None:
    assert discord_post._retry_after_s(httpx.Response(429, headers=headers, content=body)) == wanted


def test_embeds_are_grouped_in_one_message_with_link_and_chart(discord: FakeDiscord) -> None:
    png = b"\x89PNG of a chart"
    parts = [notify.Embed("one", url="https://example.org/train", chart=png), notify.Embed("two")]
    assert notify.send(parts)
    assert (discord.messages, discord.charts) == ([["one", "two"]], 1)
    first, second = discord.embeds
    assert (first["url"], first["image"]) == ("https://example.org/train", {"url": "attachment://chart0.png"})
    assert "image" not in second


def test_a_catalog_that_is_away_does_not_stop_a_message(discord: FakeDiscord, settings: Settings) -> None:
    (settings.data_dir / "catalog.db").unlink()
    get_engine().dispose()
    settings.data_dir.chmod(0o500)
    try:
        assert notify.send_discord_embed("Hello")
    finally:
        settings.data_dir.chmod(0o700)
    assert discord.titles == ["Hello"]
