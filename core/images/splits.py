"""The split of an image: determined by its recording session, permanently."""

from __future__ import annotations

import hashlib
from typing import Literal

TRAIN, VAL, HOLDOUT = "train", "val", "holdout"
SPLITS = (TRAIN, VAL, HOLDOUT)

Split = Literal["train", "val", "holdout"]

_TRAIN_UP_TO, _VAL_UP_TO = 70, 80


def split_of(session: str) -> Split:
    """The split of a recording session: 70 % of them are training, 10 % validation, 20 % holdout.

    All images of a session (one person, one place) have the same split, and it never changes, so holdout images never
    leak into the training data.
    """
    place = int.from_bytes(hashlib.sha256(session.encode()).digest()[:8], "big") % 100
    if place < _TRAIN_UP_TO:
        return "train"
    return "val" if place < _VAL_UP_TO else "holdout"
