"""The one error that commands raise for people to read."""

from __future__ import annotations


class CommandError(Exception):
    """The command cannot go on; the message says why and what to do next."""
