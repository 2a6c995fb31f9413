"""Who is on a captured image, and when it was taken: what makes a recording session one.

A recording session is a person on a day, not a hold of the button: frames of one hold are nearly copies of each other,
and frames of one person on one day share body, light and room.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from core.images.sessions import shortened

LONGEST = 40
"""Characters of a person's name."""


@dataclass(frozen=True, slots=True)
class Shot:
    """``person``: a name or a nickname; ``at``: when the frame was taken, with time zone; ``hold``: the recording that
    it belongs to, one hold of the button. Raises ``ValueError`` for a name that is empty or too long.
    """

    person: str
    at: datetime
    hold: str

    def __post_init__(self) -> None:
        if self.person != person_named(self.person):
            raise ValueError(f"A person's name has 1 to {LONGEST} characters.")

    @property
    def session(self) -> str:
        """The recording session: the person and the local day."""
        return shortened(f"{self.person} {self.at.astimezone():%Y-%m-%d}")


def person_named(text: str) -> str:
    """A name as it is stored: white space normalised, at most :data:`LONGEST` characters.

    Raises ``ValueError`` when nothing is left.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())[:LONGEST].strip()
    if not name:
        raise ValueError("A person's name has at least one character.")
    return name
