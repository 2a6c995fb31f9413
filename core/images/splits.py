"""Which split a picture belongs to: decided by its session, once and for all."""

from __future__ import annotations

import hashlib
from typing import Literal

TRAIN, VAL, HOLDOUT = "train", "val", "holdout"
SPLITS = (TRAIN, VAL, HOLDOUT)

Split = Literal["train", "val", "holdout"]

_TRAIN_UP_TO, _VAL_UP_TO = 70, 80


def split_of(session: str) -> Split:
    """70 % of the sessions train, 10 % tune, 20 % judge.

    All pictures of a session (one person, one place) share the answer, and it never changes: what a
    model was judged on cannot drift into training.
    """
    place = int.from_bytes(hashlib.sha256(session.encode()).digest()[:8], "big") % 100
    if place < _TRAIN_UP_TO:
        return "train"
    return "val" if place < _VAL_UP_TO else "holdout"
