"""Settings and texts around the camera."""

import pytest

from core.config.ice import parse_ice_servers, rtc_configuration
from core.config.settings import Settings
from core.live.camera_advice import advice_text, verdict_of

TURN = '[{"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"}]'


def test_servers_are_written_as_addresses_or_as_json() -> None:
    assert parse_ice_servers("stun:a.example:3478, turns:b.example") == [
        {"urls": "stun:a.example:3478"},
        {"urls": "turns:b.example"},
    ]
    assert parse_ice_servers(TURN) == [{"urls": "turn:turn.example.org:3478", "username": "u", "credential": "c"}]
    assert parse_ice_servers("turn:eve:a-secret@turn.example:3478?transport=tcp") == [
        {"urls": "turn:turn.example:3478?transport=tcp", "username": "eve", "credential": "a-secret"}
    ]
    assert parse_ice_servers('[{"urls": ["stun:a", "turn:b"]}]') == [{"urls": ["stun:a", "turn:b"]}]


@pytest.mark.parametrize(
    "text", ["http://a", "[{", '["stun:a"]', '[{"url": "stun:a"}]', '[{"urls": []}]', '[{"urls": [3]}]']
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"turn:turn\.example\.org"):
        parse_ice_servers(text)


@pytest.mark.parametrize("url", [None, "", "http://localhost:8501/live", "http://127.0.0.1:8501", "http://[::1]:8501"])
def test_on_this_machine_nobody_is_asked(url: str | None) -> None:
    assert rtc_configuration(TURN, url) == {"iceServers": []}


def test_elsewhere_the_setting_counts() -> None:
    assert rtc_configuration(None, "https://bench.example") == {"iceServers": []}
    (server,) = rtc_configuration(TURN, "https://bench.example")["iceServers"]
    assert rtc_configuration(TURN, "http://localhost:8501", local_too=True)["iceServers"] == [server]
    assert server["credential"] == "c"


@pytest.mark.parametrize(
    "verdict", ["insecure", "unsupported", "denied", "none", "busy", "dark", "no-webrtc", "no-relay"]
)
def test_each_reason_has_a_remedy(verdict: str) -> None:
    wrong, remedy = advice_text(verdict)
    assert len(wrong) > 20
    assert len(remedy) > 20


def test_an_unknown_reason_is_told_as_it_came() -> None:
    wrong, remedy = advice_text("error", "StrangeError: no")
    assert "StrangeError: no" in wrong
    assert remedy
    assert advice_text("ok", "Cam, 640×480") == ("The camera works: Cam, 640×480.", "")


def test_a_bad_setting_stops_the_start_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_ICE_SERVERS", "turn.example.org")
    with pytest.raises(ValueError, match="Not a STUN or TURN server"):
        Settings()
    monkeypatch.setenv("SHIFUMI_ICE_SERVERS", "")
    assert Settings().ice_servers is None


@pytest.mark.parametrize("sent", [None, "x", 3, [], {}])
def test_whatever_the_browser_sends(sent: object) -> None:
    assert verdict_of(sent) == ("", "")


def test_a_report_is_cut() -> None:
    assert verdict_of({"verdict": "x" * 100, "detail": {"a": "y" * 500}}) == ("x" * 40, ("{'a': '" + "y" * 500)[:200])
