"""A stand-in for Discord's end of a webhook: a real HTTP server that remembers what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeDiscord:
    """``embeds`` holds every embed received, ``messages`` their titles per message, ``charts`` counts attachments;
    ``status`` is what it answers; ``gate`` holds answers back. Each text in ``patience`` is answered once as HTTP 429
    with that ``Retry-After``; ``asked_at`` are the monotonic times of all requests."""

    url: str = ""
    status: int = 204
    embeds: list[dict[str, Any]] = field(default_factory=list)
    messages: list[list[str]] = field(default_factory=list)
    charts: int = 0
    patience: list[str] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def titles(self) -> list[str]:
        return [embed["title"] for embed in self.embeds]


def _parts(body: bytes, kind: str) -> tuple[list[dict[str, Any]], int]:
    """The embeds, and how many PNGs came along."""
    if not kind.startswith("multipart/"):
        return json.loads(body)["embeds"], 0
    parts = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
    assert isinstance(parts, list)
    contents = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}
    pictures = [one for name, one in contents.items() if str(name).startswith("files[")]
    assert all(one.startswith(b"\x89PNG") for one in pictures)
    return json.loads(contents["payload_json"])["embeds"], len(pictures)


@contextmanager
def fake_discord(address: str = "127.0.0.1", name: str = "127.0.0.1") -> Iterator[FakeDiscord]:
    """Serve on a free port of ``address`` until the block ends; ``name`` is what callers know this machine by."""
    discord = FakeDiscord()
    discord.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            discord.gate.wait(30)
            discord.asked_at.append(time.monotonic())
            if discord.patience:
                self.send_response(429)
                self.send_header("Retry-After", discord.patience.pop(0))
                self.end_headers()
                return
            embeds, charts = _parts(body, self.headers["Content-Type"])
            discord.embeds += embeds
            discord.messages.append([one["title"] for one in embeds])
            discord.charts += charts
            self.send_response(discord.status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    discord.url = f"http://{name}:{server.server_port}/api/webhooks/1/very-secret"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield discord
    finally:
        discord.gate.set()
        server.shutdown()
        server.server_close()
