"""What headers say, byte by byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.api.negotiation import bearer, require_json, require_json_wanted, require_plain
from core.api.problems import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, Kind, Problem

JSON = b"application/json"


def refused(kind: Kind, action: Callable[[], None]) -> str:
    with pytest.raises(Problem) as refusal:
        action()
    assert refusal.value.kind is kind
    return refusal.value.detail


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (b"Bearer abc", "abc"),
        (b"bEARER  abc ", "abc"),
        (b"Bearer \xe9", "é"),
        (b"Bearer ", None),
        (b"Bearer", None),
        (b"Basic abc", None),
        (b"Bearerabc", None),
        (None, None),
    ],
)
def test_the_token_of_a_header(header: bytes | None, token: str | None) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    ("media", "encoding"),
    [
        (JSON, None),
        (JSON, b"identity"),
        (JSON, b" Identity "),
        (JSON, b""),
        (b"Application/JSON ; Charset=UTF-8", None),
        (b'application/json;charset="utf-8"', None),
        (b"application/json; version=2", None),
    ],
)
def test_json_by_any_spelling(media: bytes, encoding: bytes | None) -> None:
    require_json(media, encoding)


@pytest.mark.parametrize("media", [None, b"", b"text/csv", b"application/jsonx", b"application/json;charset=utf-16"])
def test_other_bodies_are_refused(media: bytes | None) -> None:
    said = refused(UNSUPPORTED_MEDIA_TYPE, lambda: require_json(media, None))
    assert said == "Send JSON in UTF-8 with the header 'Content-Type: application/json'."


@pytest.mark.parametrize("encoding", [b"gzip", b"br"])
def test_compressed_bodies_are_refused(encoding: bytes) -> None:
    for action in (lambda: require_plain(encoding), lambda: require_json(JSON, encoding)):
        assert "uncompressed" in refused(UNSUPPORTED_MEDIA_TYPE, action)
    require_plain(None)


@pytest.mark.parametrize("accept", [b"*/*", JSON, b"text/html, Application/* ;q=0.5", b"x, */*;q=0.1"])
def test_who_takes_json(accept: bytes) -> None:
    require_json_wanted(accept)


@pytest.mark.parametrize("accept", [b"text/html", b"image/*", b"", b"application/xml"])
def test_who_does_not(accept: bytes) -> None:
    assert "application/json" in refused(NOT_ACCEPTABLE, lambda: require_json_wanted(accept))
