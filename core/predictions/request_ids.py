"""Request ids: what a later label needs, signed and handed to the caller, so that nothing has to be stored for it.

A server that answers thousands of rows a second would otherwise write each of them down, for the few that somebody
labels. An id says who asked what when, and which version answered what; a keyed hash (BLAKE2b, RFC 7693) keeps it from
being invented or changed. Whoever has the id can read it: it holds only what its caller sent and was told.
"""

from __future__ import annotations

import hmac
import re
import secrets
import struct
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

import msgspec

from core.auth.session_cookie import cookie_key
from core.config.messages import say

_SEAL_BYTES = 12
_FORM = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_LONGEST = 100_000


class UnknownRequestError(ValueError):
    """No request of this installation has this id; the message says why."""


class Request(NamedTuple):
    """An answered request of one sample.

    ``number`` is unique; ``at`` is in seconds since 1970; ``owner`` is the account or token that asked; ``answer`` is
    the label it was told, empty where nothing was detected; ``features`` are its row, empty for an image.
    """

    number: int
    at: int
    workload: str
    version: int
    owner: str
    answer: str
    features: tuple[float, ...]


@lru_cache(maxsize=4_096)
def origin(workload: str, version: int, owner: str, answer: str) -> bytes:
    """The part of an id that many requests have in common."""
    said = msgspec.msgpack.encode((workload, version, owner, answer))
    return struct.pack("<H", len(said)) + said


class RequestIds:
    """Makes and reads the ids of an installation; safe to use from several threads.

    Raises ``OSError`` when the installation's key can be neither read nor created.
    """

    def __init__(self, key: bytes | None = None) -> None:
        secret = key or cookie_key()[:64]
        self._keyed = blake2b(key=secret, digest_size=_SEAL_BYTES, person=b"request-id")
        # A random start: two processes never get to the same number. 63 bits, as databases have.
        self._numbers = count(secrets.randbits(62))

    def make(self, common: bytes, at: float, row: Sequence[float] = ()) -> bytes:
        """The id of a request at ``at`` seconds since 1970; ``common`` is its :func:`origin`. Takes about 1 µs."""
        body = common + _packer(len(row)).pack(next(self._numbers), at, *row)
        keyed = self._keyed.copy()
        keyed.update(body)
        return b2a_base64(body + keyed.digest(), newline=False)

    def read(self, request_id: str) -> Request:
        """What an id says. Raises :class:`UnknownRequestError`."""
        if len(request_id) > _LONGEST or not _FORM.fullmatch(request_id):
            raise UnknownRequestError(say("feedback.no_id"))
        try:
            whole = a2b_base64(request_id.encode(), strict_mode=True)
        except ValueError:
            raise UnknownRequestError(say("feedback.no_id")) from None
        body, seal = whole[:-_SEAL_BYTES], whole[-_SEAL_BYTES:]
        keyed = self._keyed.copy()
        keyed.update(body)
        if not hmac.compare_digest(seal, keyed.digest()):
            raise UnknownRequestError(say("feedback.other_installation"))
        return _read(body)


def new_request(workload: str, version: int, owner: str, answer: str, features: Sequence[float] = ()) -> Request:
    """A request of this moment that needs no id, because it stays in this process."""
    return Request(secrets.randbits(62), int(time.time()), workload, version, owner, answer, tuple(features))


def _read(body: bytes) -> Request:
    end = 2 + struct.unpack_from("<H", body)[0]
    workload, version, owner, answer = msgspec.msgpack.decode(body[2:end], type=tuple[str, int, str, str])
    rest = body[end:]
    number, at, *row = _packer((len(rest) - 16) // 8).unpack(rest)
    return Request(number, int(at), workload, version, owner, answer, tuple(row))


@cache
def _packer(width: int) -> struct.Struct:
    return struct.Struct(f"<Qd{width}d")
