"""Import of an uploaded dataset: inspect it, map its classes, import the images one by one.

Imported images stay when the import is stopped; importing the same file again continues where it stopped.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.config.messages import Message, Messages, message_of, say
from core.config.progress import Report, silent
from core.config.settings import get_settings
from core.images import IMPORT, LABELLED, PROPOSED, UNLABELLED, store
from core.images.archive_formats import YOLO, Layout, Member, detect_layout, read_text
from core.images.archives import Archive, BadArchiveError
from core.images.class_mapping import BACKGROUND, LEAVE_OUT
from core.images.collection import ImageCollection
from core.images.label_hints import hint_note
from core.images.sessions import session_of, split_in
from core.images.yolo import Line, parse_labels
from core.storage import uploads
from core.vision.boxes import NewBox, whole_image
from core.vision.decode import BadImageError, decode
from core.vision.provenance import HUMAN

_FAULTS_KEPT, _FAULTS_NOTED = 50, 8
_TELL_EVERY_S = 1.0
_EXAMPLES = 3

WAITS, NEGATIVE = "unlabelled", "negative"
"""What an image without a label file is: not labelled yet, or a negative (no object)."""


@dataclass(slots=True)
class ImportResult:
    """The result of an import: images by outcome, imported boxes, and the first faults."""

    new: int = 0
    known: int = 0
    left_out: int = 0
    refused: int = 0
    boxes: int = 0
    negatives: int = 0
    unlabelled: int = 0
    labels_without_picture: int = 0
    lines_refused: int = 0
    splits: dict[str, int] = field(default_factory=dict)
    faults: list[Message] = field(default_factory=list)

    def fault(self, fault: Message) -> None:
        """Record a fault. Only the first ones are kept: a broken dataset repeats the same fault."""
        if len(self.faults) < _FAULTS_KEPT:
            self.faults.append(fault)

    def messages(self) -> Messages:
        """All counts as messages; the number of new images comes first."""
        counted = (
            (self.boxes, say("import.boxes", boxes=self.boxes)),
            (self.negatives, say("import.negatives", images=self.negatives)),
            (self.unlabelled, say("import.unlabelled", images=self.unlabelled)),
            (self.known, say("import.known", images=self.known)),
            (self.left_out, say("import.left_out", images=self.left_out)),
            (self.refused, say("import.refused", images=self.refused)),
            (self.lines_refused, say("import.lines_refused", lines=self.lines_refused)),
            (self.labels_without_picture, say("import.labels_without_image", labels=self.labels_without_picture)),
        )
        return (say("import.new", images=self.new), *(message for number, message in counted if number))

    def in_short(self) -> dict[str, Any]:
        """The result as JSON, for the job's row."""
        return asdict(self)


def save_upload(actor: Actor, content: BinaryIO) -> str:
    """Inspect and store an uploaded zip file; returns its name.

    Raises ``ForbiddenError``, :class:`BadArchiveError` when it cannot be imported, ``lake.DiskFullError``.
    """
    require(actor, Role.EDITOR)
    try:
        name = uploads.keep(content, ".zip")
    except uploads.UploadTooLargeError as error:
        raise BadArchiveError(message_of(error)) from error
    try:
        inspect_upload(name)
    except BadArchiveError:
        uploads.discard(name)
        raise
    return name


def inspect_upload(upload: str) -> Layout:
    """The format and content of an upload, without decoding images. Raises :class:`BadArchiveError`."""
    with Archive(_existing(upload)) as archive:
        return detect_layout(archive)


def labels_apart(layout: Layout) -> Message:
    """Images without a label file beside label files without an image, with examples of both."""
    images, labels = layout.without_label, layout.orphan_labels
    if not labels:
        return say("archive.no_labels", images=len(images), example=images[0])
    return say(
        "archive.labels_apart",
        images=len(images),
        labels=len(labels),
        some_images=images[:_EXAMPLES],
        some_labels=labels[:_EXAMPLES],
    )


def _existing(upload: str) -> Path:
    path = uploads.path_of(upload)
    if not path.is_file():
        raise BadArchiveError(say("upload.gone"))
    return path


def import_upload(
    actor: Actor,
    upload: str,
    class_mapping: Mapping[str, str],
    collection: ImageCollection,
    report: Report = silent,
    *,
    without_label: str | None = None,
) -> ImportResult:
    """Import every image of an upload, then delete the upload.

    ``without_label`` is what an image of a YOLO dataset without a label file is: :data:`WAITS`, the default, or
    :data:`NEGATIVE`. When labels probably exist but were not found (``Layout.apart``) it must be chosen.

    ``class_mapping`` maps the dataset's classes to those of the collection, :data:`BACKGROUND` or :data:`LEAVE_OUT`
    (the default for missing ones). An unusable image is counted, reported and skipped. Raises ``ForbiddenError``,
    :class:`BadArchiveError`, and ``lake.LakeError`` when the disk is full: images imported so far stay.
    """
    require(actor, Role.EDITOR)
    outcome = ImportResult()
    with Archive(_existing(upload)) as archive:
        layout = detect_layout(archive)
        if layout.apart and not collection.whole_image and without_label not in (WAITS, NEGATIVE):
            raise BadArchiveError(labels_apart(layout))
        job = _Import(actor, collection, archive, layout, class_mapping, outcome, without_label == NEGATIVE)
        job.run(report)
    audit.record_event(
        actor, "image.import", collection.workload, images=outcome.new, known=outcome.known, refused=outcome.refused
    )
    uploads.discard(upload)
    return outcome


@dataclass(slots=True)
class _Import:
    """One archive being imported."""

    actor: Actor
    collection: ImageCollection
    archive: Archive
    layout: Layout
    class_mapping: Mapping[str, str]
    outcome: ImportResult
    bare_is_negative: bool

    def run(self, report: Report) -> None:
        for name in self.layout.orphan_labels:
            self.outcome.labels_without_picture += 1
            self.outcome.fault(say("import.fault_no_image", file=name))
        total, tell_at = len(self.layout.members), 0.0
        for number, member in enumerate(self.layout.members):
            if time.monotonic() >= tell_at:
                report(number / total, say("import.progress", done=number, total=total))
                tell_at = time.monotonic() + _TELL_EVERY_S
            self._take(member)

    def _take(self, member: Member) -> None:
        try:
            about = self._about(member)
            if about is None:
                self.outcome.left_out += 1
                return
            data = self.archive.read(member.name, get_settings().image_max_mb * 1_000_000)
            stored = self._ours(data) or store.add_or_find(self.actor, decode(data), about)
        except (BadArchiveError, BadImageError) as error:
            self.outcome.refused += 1
            self.outcome.fault(say("import.fault_file", file=member.name, fault=message_of(error)))
            return
        self._count(stored, about)

    def _ours(self, data: bytes) -> store.StoreResult | None:
        """The stored image when the file is one of our own exports: encoding it again would create another image."""
        known = store.find(self.collection.workload, hashlib.sha256(data).hexdigest())
        return store.StoreResult(known, False) if known is not None else None

    def _count(self, stored: store.StoreResult, about: store.ImageFacts) -> None:
        outcome, split = self.outcome, stored.image.split
        if not stored.new:
            outcome.known += 1
            return
        outcome.new += 1
        outcome.boxes += len(about.boxes)
        outcome.unlabelled += about.settled_state == UNLABELLED
        outcome.negatives += about.state == LABELLED and not about.boxes
        outcome.splits[split] = outcome.splits.get(split, 0) + 1

    def _about(self, member: Member) -> store.ImageFacts | None:
        """The facts of an image; None when it is to be left out. Our own exports say which split it has."""
        about = self._labelled_as(member)
        return None if about is None else replace(about, split=split_in(member.name))

    def _labelled_as(self, member: Member) -> store.ImageFacts | None:
        session = session_of(member.name)
        if self.layout.kind == YOLO:
            return self._labelled(member, session)
        meaning = self.class_mapping.get(member.folder or "", LEAVE_OUT)
        if meaning == LEAVE_OUT or (meaning == BACKGROUND and self.collection.whole_image):
            return None
        if meaning == BACKGROUND:
            return store.ImageFacts(IMPORT, session, self.collection, (), LABELLED)
        if self.collection.whole_image:
            return store.ImageFacts(IMPORT, session, self.collection, [whole_image(meaning, HUMAN)])
        return store.ImageFacts(IMPORT, session, self.collection, (), UNLABELLED, note=hint_note(meaning))

    def _labelled(self, member: Member, session: str) -> store.ImageFacts | None:
        """Facts with mapped boxes. When lines were rejected the image needs a review: a box is missing."""
        if member.label_file is None and not self.bare_is_negative:
            return store.ImageFacts(IMPORT, session, self.collection)
        lines, faults = self._lines(member)
        boxes: list[NewBox] = []
        for line in lines:
            meaning = self._meaning(line, member)
            if meaning == LEAVE_OUT:
                return None
            if meaning != BACKGROUND:
                boxes.append(NewBox(meaning, *line.place, HUMAN))
        if self.collection.whole_image:
            return self._as_a_whole(session, [box.label for box in boxes])
        note = (say("image.lines_refused", faults=faults[:_FAULTS_NOTED]),) if faults else ()
        return store.ImageFacts(IMPORT, session, self.collection, boxes, PROPOSED if faults else LABELLED, note=note)

    def _as_a_whole(self, session: str, labels: list[str]) -> store.ImageFacts:
        """Boxes of a single class become the label of the image; all other cases need a review."""
        if len(set(labels)) == 1:
            return store.ImageFacts(IMPORT, session, self.collection, [whole_image(labels[0], HUMAN)])
        note = (say("image.several_labels", labels=sorted(set(labels))[:_FAULTS_NOTED]),) if labels else ()
        return store.ImageFacts(IMPORT, session, self.collection, note=note)

    def _lines(self, member: Member) -> tuple[list[Line], list[Message]]:
        if member.label_file is None:
            return [], []
        lines, faults = parse_labels(read_text(self.archive, member.label_file))
        self.outcome.lines_refused += len(faults)
        for fault in faults:
            self.outcome.fault(say("import.fault_label", file=member.label_file, fault=fault))
        return lines, faults

    def _meaning(self, line: Line, member: Member) -> str:
        if line.index < len(self.layout.classes):
            return self.class_mapping.get(self.layout.classes[line.index], LEAVE_OUT)
        self.outcome.fault(say("import.fault_class", file=member.label_file, number=line.index))
        return LEAVE_OUT
