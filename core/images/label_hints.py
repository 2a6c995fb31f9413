"""The class that a user stated for an image that has no box yet, stored in the image's note."""

from __future__ import annotations

from collections.abc import Collection

from core.config.messages import Messages, say

_SAID = "image.said_to_show"


def hint_note(label: str) -> Messages:
    """The note of an image that shows ``label``."""
    return (say("image.said_to_show", label=label),)


def hinted_class(note: Messages, classes: Collection[str]) -> str | None:
    """The class that a note states, or None."""
    labels = (str(one.parameters.get("label")) for one in note if one.code == _SAID)
    return next((label for label in labels if label in classes), None)
