"""An error in a worker, stored in the catalog and raised again in the waiting flow."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from core.config.messages import as_json, from_json, message_of, say


class WorkFailedError(RuntimeError):
    """The work failed with an error whose class is unknown here; the message is the original one."""


def packed(error: BaseException) -> dict[str, Any]:
    """Class and message of ``error`` as JSON."""
    kind = type(error)
    return {"module": kind.__module__, "name": kind.__qualname__, "message": as_json(message_of(error))}


def unpacked(error: Mapping[str, Any]) -> Exception:
    """The same error: with its own class if that is a builtin or in ``core``, never from another module."""
    kind = _class_of(str(error.get("module", "")), str(error.get("name", "")))
    stored = error.get("message")
    message = from_json(stored) if stored else say("work.no_text")
    if kind is None:
        return WorkFailedError(message)
    # Not through its constructor, which may need more arguments than the message.
    made = kind.__new__(kind)
    made.args = (message,)
    return made


def _class_of(module: str, name: str) -> type[Exception] | None:
    if module == "builtins":
        found = getattr(builtins, name, None)
    elif module.startswith("core."):
        try:
            found = getattr(import_module(module), name, None)
        except ImportError:
            return None
    else:
        return None
    return found if isinstance(found, type) and issubclass(found, Exception) else None
