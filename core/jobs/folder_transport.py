"""The embedded broker: kombu's file system transport, with atomic writes.

Kombu creates a message under its final name and then writes it. A worker that reads in between gets an empty file,
and its consumer fails; so here a message gets its name when it is complete.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from kombu import transport
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

NAME = "shifumi-folder"


class Channel(filesystem.Channel):  # type: ignore[misc]  # kombu is untyped
    """Writes to a temporary file, then renames it."""

    def _put(self, queue: str, payload: dict[str, Any], **_options: Any) -> None:
        # The first part orders the messages: wall clock time, because a monotonic clock restarts with the machine.
        name = f"{time.time_ns() // 1_000_000}_{uuid4()}.{queue}.msg"
        target = Path(self.data_folder_out) / name
        temporary = target.with_suffix(".part")
        try:
            temporary.write_text(dumps(payload), encoding="utf-8")
            temporary.replace(target)
        except OSError as error:
            raise ChannelError(f"Cannot write the message to {target.parent}") from error


class Transport(filesystem.Transport):  # type: ignore[misc]
    """See :class:`Channel`."""

    Channel = Channel


def install() -> None:
    """Register this transport with kombu as :data:`NAME`."""
    transport.TRANSPORT_ALIASES[NAME] = f"{__name__}:Transport"
