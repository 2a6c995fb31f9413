"""Background work lets everything else on the machine go first."""

from __future__ import annotations

import os
from contextlib import suppress

_NICENESS = 10


def give_way() -> None:
    """Who works in the background must not make a picture stutter.

    For the rest of this process; where priorities do not exist nothing happens.
    """
    with suppress(OSError, AttributeError):  # already lower, or Windows
        os.nice(_NICENESS - os.nice(0))
