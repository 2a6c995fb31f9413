"""The error that commands raise for the user."""

from __future__ import annotations


class CommandError(Exception):
    """The command failed; the message says why and what to do next."""
