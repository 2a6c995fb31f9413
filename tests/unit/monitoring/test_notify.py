"""Discord hears what happened, and can neither fail nor hold up the work."""

from collections.abc import Iterator

import pytest
from loguru import logger

from core.config.settings import get_settings
from core.monitoring import notify
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


@pytest.mark.parametrize("status", [400, 404, 429, 500])
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
    posted = notify._post
    monkeypatch.setattr(notify, "_post", lambda url, payload: waited.append(url) or posted(url, payload))
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
