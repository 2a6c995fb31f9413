"""Low priority for background work."""

from __future__ import annotations

import os
from contextlib import suppress

_NICENESS = 10


def lower_priority() -> None:
    """Background work must not make live video stutter.

    For the rest of this process; no effect where priorities do not exist.
    """
    with suppress(OSError, AttributeError):  # already lower, or Windows
        os.nice(_NICENESS - os.nice(0))
