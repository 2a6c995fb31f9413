"""Classes that users create to label a workload's images with: any number, in order of creation.

They are data: images refer to them by name; datasets and models keep the names they were created with.
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.image_tables import Box, Image, Label
from core.images.archive_formats import SPLIT_FOLDERS

LONGEST, MOST = 32, 100
_BESIDE_LETTERS = set(" ._-'")
_LOCK = 0x1ABE15
"""The id of this advisory lock in PostgreSQL."""


class LabelError(ValueError):
    """A class cannot be created, renamed or removed; the message says why."""


def names(workload: str) -> tuple[str, ...]:
    """The classes, in the order of a model's outputs."""
    with reading() as session:
        return tuple(session.scalars(_of(workload)))


def usage_counts(workload: str) -> dict[str, int]:
    """The number of boxes of each class, including unused classes (0)."""
    query = select(Box.label, func.count(Box.id)).join(Image).where(Image.workload == workload).group_by(Box.label)
    with reading() as session:
        counted = dict(session.execute(query).tuples().all())
        return {name: counted.get(name, 0) for name in session.scalars(_of(workload))}


def add(actor: Actor, workload: str, name: str) -> str:
    """Create a class; returns its normalised name. Raises ``ForbiddenError``, :class:`LabelError`."""
    require(actor, Role.EDITOR)
    name = _clean(name)
    with writing() as session:
        known = _alone(session, workload)
        if len(known) >= MOST:
            raise LabelError(f"There are {MOST} classes already, which is the maximum.")
        _refuse_clash(name, known)
        last = session.scalar(select(func.max(Label.position)).where(Label.workload == workload))
        position = 0 if last is None else last + 1
        session.add(Label(workload=workload, name=name, position=position, created_by=actor.username))
        audit.record_event(actor, "label.add", name, workload=workload, session=session)
    return name


def rename(actor: Actor, workload: str, old: str, new: str) -> str:
    """Rename a class on every image that has it. Returns the normalised name.

    Raises ``ForbiddenError``, :class:`LabelError`, ``LookupError`` when the class does not exist (any more).
    """
    require(actor, Role.EDITOR)
    new = _clean(new)
    with writing() as session:
        known = _alone(session, workload)
        label = _found(session, workload, old)
        _refuse_clash(new, [name for name in known if name != old])
        label.name = new
        of_workload = select(Image.id).where(Image.workload == workload).scalar_subquery()
        moved = update(Box).where(Box.label == old, Box.image_id.in_(of_workload)).values(label=new)
        session.execute(moved.execution_options(synchronize_session=False))
        audit.record_event(actor, "label.rename", new, workload=workload, before=old, session=session)
    return new


def remove(actor: Actor, workload: str, name: str) -> None:
    """Remove a class that no image has.

    Raises ``ForbiddenError``, :class:`LabelError`, ``LookupError`` when the class does not exist (any more).
    """
    require(actor, Role.EDITOR)
    with writing() as session:
        _alone(session, workload)
        label = _found(session, workload, name)
        used = select(func.count(Box.id)).join(Image).where(Image.workload == workload, Box.label == name)
        if number := session.scalar(used):
            raise LabelError(f"{number:,} images are labelled {name!r}. Relabel or delete them first.")
        session.delete(label)
        audit.record_event(actor, "label.remove", name, workload=workload, session=session)


def _of(workload: str) -> Select[tuple[str]]:
    return select(Label.name).where(Label.workload == workload).order_by(Label.position, Label.id)


def _found(session: Session, workload: str, name: str) -> Label:
    label = session.scalar(select(Label).where(Label.workload == workload, Label.name == name))
    if label is None:
        raise LookupError(f"The class {name!r} no longer exists.")
    return label


def _alone(session: Session, workload: str) -> list[str]:
    """The classes, locked until the transaction ends (SQLite has a single writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    return list(session.scalars(_of(workload)))


def _clean(name: str) -> str:
    """The normalised name. Raises :class:`LabelError`."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(name) <= LONGEST:
        raise LabelError(f"The name of a class has 1 to {LONGEST} characters.")
    if not all(letter.isalnum() or letter in _BESIDE_LETTERS for letter in name) or not name[0].isalnum():
        raise LabelError("A class begins with a letter or digit and contains only letters, digits, spaces and . _ - '.")
    if name.casefold() in SPLIT_FOLDERS:
        raise LabelError(f"{name!r} is what exports call a split or a folder. Choose another name.")
    return name


def _refuse_clash(name: str, known: list[str]) -> None:
    """Classes that differ only in case are confusing, and are one folder on some file systems."""
    if clash := next((one for one in known if one.casefold() == name.casefold()), None):
        raise LabelError(f"There is a class {clash!r} already.")
