"""Photos that users upload one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.images import LABELLED, UNLABELLED, UPLOAD, store
from core.images.collection import ImageCollection
from core.images.label_hints import hint_note
from core.images.sessions import shortened
from core.vision.boxes import whole_image
from core.vision.decode import BadImageError, decode_with_remarks
from core.vision.provenance import HUMAN

NEGATIVE = "negative (no object)"
"""The content of a photo that shows none of the classes; it needs no box."""


@dataclass(slots=True)
class AddedPhotos:
    """The result of an upload. ``remarks`` say how a file was changed, ``refused`` why it was rejected."""

    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def default_session(actor: Actor, now: datetime) -> str:
    """The default name of a recording session: the user and the current hour."""
    return shortened(f"{actor.username} {now:%Y-%m-%d %H} h")


def add_photos(
    actor: Actor,
    photos: Iterable[tuple[str, bytes]],
    collection: ImageCollection,
    *,
    session: str,
    shows: str | None = None,
) -> AddedPhotos:
    """Store photos given as (file name, bytes); an unusable one does not stop the others.

    ``shows`` is a class, :data:`NEGATIVE`, or None when unknown. A whole-image label takes effect immediately; where
    boxes are needed the class is stored as a hint. Raises ``ForbiddenError``, ``BadBoxError`` for an unknown class and
    ``lake.LakeError``.
    """
    require(actor, Role.EDITOR)
    about = _facts(collection, shortened(session), shows)
    added = AddedPhotos()
    for name, data in photos:
        try:
            decoded = decode_with_remarks(data)
            kept = store.add_or_find(actor, decoded.pixels, about)
        except BadImageError as error:
            added.refused.append(f"{name}: {error}")
            continue
        added.new += kept.new
        added.known += not kept.new
        if decoded.remarks:
            added.remarks.append(f"{name}: {', '.join(decoded.remarks)}")
    if added.new:
        audit.record_event(actor, "image.upload", session, pictures=added.new)
    return added


def _facts(collection: ImageCollection, session: str, shows: str | None) -> store.ImageFacts:
    if shows is None:
        return store.ImageFacts(UPLOAD, session, collection)
    if shows == NEGATIVE:
        return store.ImageFacts(UPLOAD, session, collection, state=LABELLED)
    if collection.whole_image:
        return store.ImageFacts(UPLOAD, session, collection, [whole_image(shows, HUMAN)])
    return store.ImageFacts(UPLOAD, session, collection, state=UNLABELLED, note=hint_note(shows))
