"""The store of pictures: a file named by its content, a row that says what is known about it.

A file appears whole or not at all and before its row; a row goes before its file. A crash leaves at
worst a file without a row, which ``manage.py doctor --fix`` sweeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.image_tables import Box, Image
from core.config.messages import Messages
from core.images import LABELLED, LIVE, NORMAL, PROPOSED, SOURCES, STATES, UNLABELLED, files
from core.images.collection import ImageCollection
from core.images.files import ImageMissingError
from core.images.queries import Counts, Filters, count, counts, listed
from core.images.splits import split_of
from core.vision.boxes import NewBox
from core.vision.decode import downscale, encode
from core.vision.detections import Pixels
from core.vision.provenance import MODEL

__all__ = [
    "Counts",
    "Filters",
    "Image",
    "ImageFacts",
    "ImageMissingError",
    "StoreResult",
    "add",
    "add_or_find",
    "count",
    "counts",
    "delete",
    "file_path",
    "find",
    "get",
    "listed",
    "new_box_row",
    "prefetch",
    "read_pixels",
]

_AT_ONCE = 500
_TRIES = 20
_LOCK = 0x5EEDF11E
"""The number under which PostgreSQL knows this lock."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a picture on arrival. ``session`` groups pictures of one person in one place and decides
    the split, ``collection`` says which boxes may be. ``state`` follows from the boxes when it is None: none:
    unlabelled, a model's: proposed, others: labelled.

    Raises ``BadBoxError`` for boxes that have no place in the collection, ``ValueError`` for other unknown words.
    """

    source: str
    session: str
    collection: ImageCollection
    boxes: Sequence[NewBox] = ()
    state: str | None = None
    priority: int = NORMAL
    note: Messages = ()

    def __post_init__(self) -> None:
        if self.source not in SOURCES or self.settled_state not in STATES:
            raise ValueError(f"Source {self.source!r} or state {self.state!r} is not known.")
        if not 0 < len(self.session) <= 64:
            raise ValueError("A session is named with 1 to 64 letters.")
        self.collection.check(self.boxes, complete=self.settled_state == LABELLED)

    @property
    def settled_state(self) -> str:
        """``state``, or what the boxes make of it."""
        if self.state is not None or not self.boxes:
            return self.state or UNLABELLED
        return PROPOSED if any(box.provenance == MODEL for box in self.boxes) else LABELLED


@dataclass(frozen=True, slots=True)
class StoreResult:
    """``new`` is False when the very same picture was there before; ``image`` is then the old row, unchanged."""

    image: Image
    new: bool


def add(
    actor: Actor,
    pixels: Pixels,
    collection: ImageCollection,
    *,
    source: str,
    session: str,
    boxes: Sequence[NewBox] = (),
    state: str | None = None,
    priority: int = NORMAL,
    note: Messages = (),
) -> Image:
    """Store a picture, or find the one that is the same: its row comes back unchanged.

    The parameters are those of :class:`ImageFacts`; raises what it and :func:`add_or_find` raise.
    """
    return add_or_find(actor, pixels, ImageFacts(source, session, collection, boxes, state, priority, note)).image


def add_or_find(actor: Actor, pixels: Pixels, about: ImageFacts) -> StoreResult:
    """:func:`add`, telling whether the picture is new.

    Raises ``ForbiddenError`` (an editor's work; live mistakes are anybody's), ``BadImageError``, and
    ``lake.LakeError`` when it cannot be written.
    """
    require(actor, Role.VIEWER if about.source == LIVE else Role.EDITOR)
    pixels = downscale(pixels)
    data = encode(pixels)
    sha256 = hashlib.sha256(data).hexdigest()
    for _ in range(_TRIES):
        if (known := find(about.collection.workload, sha256)) is not None:
            return StoreResult(known, False)
        files.write(sha256, data)
        image = _row(actor, about, sha256, pixels, len(data))
        if _insert(image, data):
            return StoreResult(image, True)
    raise RuntimeError("The same image was added and deleted concurrently. Add it again.")


def _row(actor: Actor, about: ImageFacts, sha256: str, pixels: Pixels, size: int) -> Image:
    return Image(
        workload=about.collection.workload,
        sha256=sha256,
        session=about.session,
        split=split_of(about.session),
        source=about.source,
        state=about.settled_state,
        priority=about.priority,
        note=about.note,
        height=pixels.shape[0],
        width=pixels.shape[1],
        bytes=size,
        created_by=actor.username,
        boxes=[new_box_row(box, actor) for box in about.boxes],
    )


def _insert(image: Image, data: bytes) -> bool:
    """The unique (workload, sha256), not the look before it, decides who was first; False when it was not us."""
    sha256 = image.sha256
    try:
        with writing() as session:
            _beside_other_adders(session)
            session.add(image)
            session.flush()
            # Somebody may have deleted the same picture, file and all, since we wrote it.
            if not files.is_stored(sha256):
                files.write(sha256, data)
            image.boxes  # noqa: B018 - loaded while the session lives
        return True
    except IntegrityError:
        return False


def new_box_row(box: NewBox, actor: Actor) -> Box:
    """The catalog's form of a box, entered by ``actor``; it belongs to no picture yet."""
    return Box(
        label=box.label,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        provenance=box.provenance,
        confidence=box.confidence,
        created_by=actor.username,
    )


def find(workload: str, sha256: str) -> Image | None:
    """The picture with these very bytes."""
    with reading() as session:
        return session.scalar(select(Image).where(Image.workload == workload, Image.sha256 == sha256))


def get(image_id: int) -> Image | None:
    with reading() as session:
        return session.get(Image, image_id)


def file_path(image: Image) -> Path:
    """The picture's JPEG. Raises :class:`ImageMissingError`, ``lake.LakeUnreachableError``."""
    return files.local_path(image.sha256)


def prefetch(images: Sequence[Image]) -> None:
    """Fetch the files of pictures that are about to be shown, several at a time, when they are kept elsewhere."""
    files.prefetch([image.sha256 for image in images])


def read_pixels(image: Image) -> Pixels:
    """The picture itself. Raises :class:`ImageMissingError` (gone or damaged), ``lake.LakeUnreachableError``."""
    return files.read(image.sha256)


def delete(actor: Actor, ids: Sequence[int]) -> int:
    """Remove pictures with their boxes, then the files that no row needs any more; returns how many went.

    Those that are gone already do not count. Raises ``ForbiddenError``.
    """
    require(actor, Role.EDITOR)
    gone = 0
    for start in range(0, len(ids), _AT_ONCE):
        with writing() as session:
            wanted = select(Image).where(Image.id.in_(ids[start : start + _AT_ONCE]))
            found = list(session.scalars(wanted))
            session.execute(delete_rows(Box).where(Box.image_id.in_([image.id for image in found])))
            session.execute(delete_rows(Image).where(Image.id.in_([image.id for image in found])))
        gone += len(found)
        _forget_files([image.sha256 for image in found])
    if gone:
        audit.record_event(actor, "image.delete", "images", images=gone)
    return gone


def _forget_files(digests: Sequence[str]) -> None:
    with writing() as session:
        _alone(session)
        for digest in set(digests) - _in_use(session, digests):
            files.remove(digest)


def _in_use(session: Session, digests: Sequence[str]) -> set[str]:
    return set(session.scalars(select(Image.sha256).where(Image.sha256.in_(digests))))


def _alone(session: Session) -> None:
    """Until the transaction ends nobody adds: who wants to waits, and then sees that the file is gone.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _beside_other_adders(session: Session) -> None:
    """Until the transaction ends no file is removed; others may add at the same time."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
