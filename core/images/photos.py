"""Single photographs that people add by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.images import LABELLED, UNLABELLED, UPLOAD, store
from core.images.label_hints import hint
from core.images.sessions import fitting
from core.vision.decode import BadImageError, decode_with_remarks

NOTHING = "nothing"
"""What a photo shows that is to teach where there is no throw: it needs no box."""


@dataclass(slots=True)
class Added:
    """What became of some photos; ``told`` says for people what was done to which file, or why it was refused."""

    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def session_for(actor: Actor, now: datetime) -> str:
    """The name of a session when a person gives none: theirs, that hour."""
    return fitting(f"{actor.username} {now:%Y-%m-%d %H} h")


def add_photos(
    actor: Actor,
    photos: Iterable[tuple[str, bytes]],
    *,
    session: str,
    shows: str | None = None,
    workload: str = "rps",
) -> Added:
    """Store photos given as (file name, bytes); one that cannot be used does not stop the others.

    ``shows`` is a class, which is noted and still needs its boxes, :data:`NOTHING`, or None when nobody said.
    Raises ``ForbiddenError`` and ``lake.LakeError``.
    """
    require(actor, Role.EDITOR)
    note = () if shows is None or shows == NOTHING else hint(shows)
    state = LABELLED if shows == NOTHING else UNLABELLED
    about = store.ImageFacts(UPLOAD, fitting(session), workload, (), state, note=note)
    added = Added()
    for name, data in photos:
        try:
            decoded = decode_with_remarks(data)
            kept = store.put(actor, decoded.pixels, about)
        except BadImageError as error:
            added.refused.append(f"{name}: {error}")
            continue
        added.new += kept.new
        added.known += not kept.new
        if decoded.remarks:
            added.told.append(f"{name}: {', '.join(decoded.remarks)}")
    if added.new:
        audit.record_event(actor, "image.upload", session, pictures=added.new)
    return added
