"""What an error of MLflow's store means, in one sentence per cause.

MLflow wraps most causes in one exception; only its text tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable

from core.config.messages import Message, say

Sentence = Callable[[str], Message]
_CAUSES: tuple[tuple[Sentence, tuple[str, ...]], ...] = (
    (lambda text: say("mlflow.damaged", error=text), ("file is not a database", "malformed", "no such table")),
    (lambda text: say("mlflow.newer", error=text), ("out-of-date database schema", "can't locate revision")),
    (lambda text: say("mlflow.locked", error=text), ("database is locked",)),
    (lambda text: say("mlflow.full", error=text), ("disk is full", "no space left", "disk quota")),
    (
        lambda text: say("mlflow.read_only", error=text),
        ("readonly database", "read-only file system", "permission denied", "unable to open database"),
    ),
    (
        lambda text: say("mlflow.refused", error=text),
        ("error code 401", "error code 403", "unauthorized", "forbidden"),
    ),
    (
        lambda text: say("mlflow.unreachable", error=text),
        ("connection refused", "max retries exceeded", "timed out", "name or service not known"),
    ),
    (lambda text: say("mlflow.deleted", error=text), ("must be in the 'active' state", "must be active")),
)
"""A sentence, and parts of the texts (lower case) of the errors it stands for."""


def explained(error: Exception) -> Message:
    """The sentence for ``error``; one that names no cause is shown with the error's first line."""
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    lowered = str(error).lower()
    for sentence, signs in _CAUSES:
        if any(sign in lowered for sign in signs):
            return sentence(first_line)
    return say("mlflow.away", error=first_line)
