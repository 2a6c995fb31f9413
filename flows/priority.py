"""Low priority for background work."""

from __future__ import annotations

import os
from contextlib import suppress

_NICENESS = 10


def lower_priority() -> None:
    """Lower the priority of this process for the rest of its life, so that background work does not disturb live video.

    No effect where priorities do not exist.
    """
    with suppress(OSError, AttributeError):  # already lower, or Windows
        os.nice(_NICENESS - os.nice(0))
