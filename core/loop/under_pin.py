"""While the champion is pinned the loop goes on, and only says what it would have changed."""

from __future__ import annotations

from core.auth.roles import SYSTEM
from core.config.messages import Message, message_of
from core.models import pins, promotion
from core.models.registry import Version


def promote_unless_pinned(version: Version) -> Message | None:
    """Make ``version`` the champion; while the champion is pinned nothing changes, and the pin is returned in words.

    Promoting is what asks, so that a pin of this very moment counts. Raises what
    :func:`core.models.promotion.promote` raises otherwise.
    """
    try:
        promotion.promote(SYSTEM, version.workload, version.version)
    except pins.PinnedError as error:
        held: Message = message_of(error).parameters["pinned"]
        return held
    return None
