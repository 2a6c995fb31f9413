"""While the champion is pinned the loop goes on, and only says what it would have changed."""

from __future__ import annotations

from core.auth.roles import SYSTEM
from core.config.messages import Message, message_of, say
from core.loop.loop_run import Shadow
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


def promotion_held(challenger: Version, pinned: Message) -> Message:
    """The challenger has won, and the pin keeps it from being promoted."""
    return say("decision.promotion_held", version=challenger.version, pinned=pinned)


def rollback_held(shadow: Shadow, pinned: Message) -> Message:
    """The previous champion was better after all, and the pin keeps it from serving again."""
    return say(
        "decision.rollback_held",
        version=shadow.version.version,
        gain=shadow.together.mean_gain,
        p=shadow.together.p_value,
        pinned=pinned,
    )
