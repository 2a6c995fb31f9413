"""A stand-in for Discord's end of a webhook: a real HTTP server that remembers what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeDiscord:
    """``embeds`` holds every embed received; ``status`` is what it answers; ``gate`` holds answers back."""

    url: str = ""
    status: int = 204
    embeds: list[dict[str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def titles(self) -> list[str]:
        return [embed["title"] for embed in self.embeds]


@contextmanager
def fake_discord(address: str = "127.0.0.1", name: str = "127.0.0.1") -> Iterator[FakeDiscord]:
    """Serve on a free port of ``address`` until the block ends; ``name`` is what callers know this machine by."""
    discord = FakeDiscord()
    discord.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            discord.gate.wait(30)
            discord.embeds += json.loads(body)["embeds"]
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
