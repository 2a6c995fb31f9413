"""A load generator: some keep-alive connections, each sending its next request when the answer is there.

python -m tests.bench.load ADDRESS CONNECTIONS SECONDS BODY_FILE [HEADER: VALUE …]

It runs in a process of its own, reads the answers as bytes only, and prints its figures as JSON.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_WARM_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Load:
    """Requests per second and milliseconds. ``failed`` counts answers other than 200.

    ``answered`` counts those of the warm-up as well, ``requests`` does not.
    """

    requests: int
    failed: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    answered: int


class _Connection(asyncio.Protocol):
    def __init__(self, request: bytes, started: float) -> None:
        self._request, self._measure_from = request, started + _WARM_UP_S
        self._buffer = bytearray()
        self._sent_at = 0.0
        self.times: list[float] = []
        self.failed = self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head_end)
        if length is None:
            raise RuntimeError(f"an answer without a length: {bytes(self._buffer[:head_end])!r}")
        if len(self._buffer) < head_end + 4 + int(length[1]):
            return
        now = time.perf_counter()
        self.answered += 1
        if self._sent_at >= self._measure_from:
            self.times.append(now - self._sent_at)
            self.failed += not self._buffer.startswith(b"HTTP/1.1 200")
        self._buffer.clear()
        self._send()


def request_bytes(url: str, body: bytes, headers: list[str]) -> bytes:
    """The request as it goes over the wire, made once."""
    parts = urlsplit(url)
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(url: str, connections: int, seconds: float, request: bytes) -> Load:
    """Keep ``connections`` busy for ``seconds`` after a short warm-up."""
    loop, parts, started = asyncio.get_running_loop(), urlsplit(url), time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(request, started), parts.hostname, parts.port)
        for _ in range(connections)
    ]
    await asyncio.sleep(_WARM_UP_S + seconds)
    for transport, _ in made:
        transport.abort()
    times = sorted(t for _, connection in made for t in connection.times)
    if not times:
        raise RuntimeError(f"{url} answered nothing")
    return Load(
        requests=len(times),
        failed=sum(connection.failed for _, connection in made),
        per_second=len(times) / seconds,
        p50_ms=times[len(times) // 2] * 1e3,
        p95_ms=times[int(len(times) * 0.95)] * 1e3,
        p99_ms=times[int(len(times) * 0.99)] * 1e3,
        answered=sum(connection.answered for _, connection in made),
    )


def main(url: str, connections: str, seconds: str, body_file: str, *headers: str) -> None:
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    request = request_bytes(url, Path(body_file).read_bytes(), list(headers))
    print(json.dumps(asdict(asyncio.run(load(url, int(connections), float(seconds), request)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
