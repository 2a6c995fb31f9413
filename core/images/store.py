"""The image store: a file named by its content, and a catalog row with its metadata.

A file is written atomically and before its row; a row is deleted before its file. A crash leaves at most an orphaned
file, which ``manage.py doctor --fix`` moves to ``lost+found``.
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
from core.images.shots import Shot
from core.images.splits import OPEN, TRAIN, Split, split_of
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
"""The id of this advisory lock in PostgreSQL."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Metadata of a new image. ``session`` groups images of one source and determines the split, unless ``shot`` says
    who is on it: then the session is that person's, and the split is decided when the first dataset is made from it.
    ``split`` is one that is known already. ``collection`` defines the allowed boxes. If ``state`` is None it follows
    from the boxes: none: unlabelled, a model's: proposed, others: labelled.

    Raises ``BadBoxError`` for boxes that the collection does not allow, ``ValueError`` for other invalid values.
    """

    source: str
    session: str
    collection: ImageCollection
    boxes: Sequence[NewBox] = ()
    state: str | None = None
    priority: int = NORMAL
    note: Messages = ()
    shot: Shot | None = None
    split: Split | None = None

    def __post_init__(self) -> None:
        if self.source not in SOURCES or self.settled_state not in STATES:
            raise ValueError(f"Source {self.source!r} or state {self.state!r} is not known.")
        if not 0 < len(self.session) <= 64:
            raise ValueError("A recording session is named with 1 to 64 letters.")
        self.collection.check(self.boxes, complete=self.settled_state == LABELLED)

    @property
    def settled_split(self) -> Split:
        """``split``, or the one that follows. A mistake is always learnt from: it was chosen because a model errs on
        it, so it says nothing about how often models err."""
        if self.split is not None:
            return self.split
        if self.shot is not None:
            return OPEN
        return TRAIN if self.source == LIVE else split_of(self.session)

    @property
    def settled_state(self) -> str:
        """``state``, or the state that follows from the boxes."""
        if self.state is not None or not self.boxes:
            return self.state or UNLABELLED
        return PROPOSED if any(box.provenance == MODEL for box in self.boxes) else LABELLED


@dataclass(frozen=True, slots=True)
class StoreResult:
    """``new`` is False when the identical image already existed; ``image`` is then the existing row, unchanged."""

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
    split: Split | None = None,
) -> Image:
    """Store an image, or return the existing row of an identical one.

    The parameters are those of :class:`ImageFacts`. Raises the errors of :class:`ImageFacts` and :func:`add_or_find`.
    """
    facts = ImageFacts(source, session, collection, boxes, state, priority, note, split=split)
    return add_or_find(actor, pixels, facts).image


def add_or_find(actor: Actor, pixels: Pixels, about: ImageFacts) -> StoreResult:
    """:func:`add`, with the information whether the image is new.

    Raises ``ForbiddenError`` (requires an editor; errors flagged on the Live page only a viewer), ``BadImageError``,
    and ``lake.LakeError`` when it cannot be written.
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
        session=about.shot.session if about.shot else about.session,
        split=about.settled_split,
        source=about.source,
        state=about.settled_state,
        priority=about.priority,
        note=about.note,
        height=pixels.shape[0],
        width=pixels.shape[1],
        bytes=size,
        created_by=actor.username,
        person=about.shot.person if about.shot else None,
        taken_at=about.shot.at if about.shot else None,
        hold=about.shot.hold if about.shot else None,
        boxes=[new_box_row(box, actor) for box in about.boxes],
    )


def _insert(image: Image, data: bytes) -> bool:
    """Insert the row; False when a concurrent insert won. The unique (workload, sha256) decides, not the query before
    it.
    """
    sha256 = image.sha256
    try:
        with writing() as session:
            _beside_other_adders(session)
            session.add(image)
            session.flush()
            # The same image may have been deleted with its file since we wrote it.
            if not files.is_stored(sha256):
                files.write(sha256, data)
            image.boxes  # noqa: B018 - loaded while the session lives
        return True
    except IntegrityError:
        return False


def new_box_row(box: NewBox, actor: Actor) -> Box:
    """The catalog row of a box, created by ``actor``, not yet attached to an image."""
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
    """The image with this content, or None."""
    with reading() as session:
        return session.scalar(select(Image).where(Image.workload == workload, Image.sha256 == sha256))


def get(image_id: int) -> Image | None:
    with reading() as session:
        return session.get(Image, image_id)


def file_path(image: Image) -> Path:
    """The image's JPEG. Raises :class:`ImageMissingError`, ``lake.LakeUnreachableError``."""
    return files.local_path(image.sha256)


def prefetch(images: Sequence[Image]) -> None:
    """Fetch the files of images from the object store in parallel, before they are shown."""
    files.prefetch([image.sha256 for image in images])


def read_pixels(image: Image) -> Pixels:
    """The decoded image, shape (height, width, 3). Raises :class:`ImageMissingError` (missing or damaged),
    ``lake.LakeUnreachableError``.
    """
    return files.read(image.sha256)


def delete(actor: Actor, ids: Sequence[int]) -> int:
    """Delete images with their boxes, then unreferenced files; returns the number of deleted images.

    Missing images are not counted. Raises ``ForbiddenError``.
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
    """Block inserts until the transaction ends; a waiting insert then sees that the file is missing.

    SQLite has a single writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _beside_other_adders(session: Session) -> None:
    """Block file deletion until the transaction ends; other inserts may run concurrently."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
