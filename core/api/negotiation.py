"""Checks of request headers: authorisation, content type, accepted types."""

from __future__ import annotations

from core.api.problems import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, Problem

_ACCEPTED = (b"*/*", b"application/*", b"application/json")


def bearer(authorization: bytes | None) -> str | None:
    """The token in an ``Authorization`` header; None when there is none."""
    if authorization is None or authorization[:7].lower() != b"bearer ":
        return None
    return authorization[7:].strip().decode("latin-1") or None


def require_json(content_type: bytes | None, encoding: bytes | None) -> None:
    """Raise :class:`Problem` (415) unless the body is declared as uncompressed UTF-8 JSON."""
    if content_type == b"application/json" and encoding is None:
        return
    require_plain(encoding)
    media, *parameters = (content_type or b"").lower().split(b";")
    charsets = [p.partition(b"=")[2].strip(b' "') for p in parameters if p.strip().startswith(b"charset")]
    if media.strip() != b"application/json" or any(charset != b"utf-8" for charset in charsets):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send JSON in UTF-8 with the header 'Content-Type: application/json'.")


def require_plain(encoding: bytes | None) -> None:
    """Raise :class:`Problem` (415) when the body is compressed."""
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed, without a Content-Encoding.")


def require_json_wanted(accept: bytes) -> None:
    """Raise :class:`Problem` (406) unless the client accepts JSON."""
    if accept == b"*/*":
        return
    wanted = [part.partition(b";")[0].strip().lower() for part in accept.split(b",")]
    if not any(media in _ACCEPTED for media in wanted):
        raise Problem(NOT_ACCEPTABLE, "Responses are application/json: accept it, or */*, in the header Accept.")
