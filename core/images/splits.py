"""The split of an image: what it is used for, permanently.

An image of a known person gets its split when the first dataset is made from it (:mod:`core.images.person_split`);
another one on arrival, by its recording session.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

TRAIN: Final = "train"
VAL: Final = "val"
HOLDOUT: Final = "holdout"
SPLITS = (TRAIN, VAL, HOLDOUT)

OPEN: Final = "open"
"""Not decided yet: no dataset was made from the image."""
UNUSED: Final = "unused"
"""Too like an image on the other side: neither learnt from nor judged by."""

Split = Literal["train", "val", "holdout", "open", "unused"]

_TRAIN_UP_TO, _VAL_UP_TO = 70, 80


def split_of(session: str) -> Split:
    """The split of a recording session: 70 % of them are training, 10 % validation, 20 % holdout.

    All images of a session have the same split, and it never changes, so holdout images never leak into the training
    data.
    """
    place = int.from_bytes(hashlib.sha256(session.encode()).digest()[:8], "big") % 100
    if place < _TRAIN_UP_TO:
        return "train"
    return "val" if place < _VAL_UP_TO else "holdout"
