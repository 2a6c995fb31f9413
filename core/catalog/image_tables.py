"""The catalog's tables for images and their boxes. The files are named by ``sha256``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.catalog.message_column import MessagesColumn
from core.catalog.tables import Base, utcnow
from core.config.messages import Messages


class Image(Base):
    """An image that was captured, uploaded, imported or rendered; its file is ``data/images/<sha256>.jpg``.

    ``session`` groups images of one person on one day, or of one source; ``split`` is decided once, on arrival or when
    the first dataset is made from an image of a known ``person``, and never changes. ``hold`` is the recording that a
    frame belongs to, ``taken_at`` when it was taken; all three are known of captured images only.

    ``state``: unlabelled, proposed (a model labelled it), labelled (a user or the renderer did; without boxes it is a
    negative) or rejected. ``priority`` orders the review queue, highest first.
    """

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("workload", "sha256", name="uq_images_workload_sha256"),
        Index("ix_images_queue", "workload", "state", "priority"),
        Index("ix_images_person", "workload", "person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workload: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    session: Mapped[str] = mapped_column(String(64), index=True)
    split: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=0)
    note: Mapped[Messages] = mapped_column(MessagesColumn, default=())
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    person: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime | None]
    hold: Mapped[str | None] = mapped_column(String(64))
    reviewed_by: Mapped[str | None] = mapped_column(String(64))
    reviewed_at: Mapped[datetime | None]

    boxes: Mapped[list[Box]] = relationship(
        back_populates="image", cascade="all, delete-orphan", order_by="Box.id", lazy="selectin"
    )


class Box(Base):
    """One labelled object in an image: centre and size relative to the image's width and height (YOLO format).

    ``provenance``: synthetic, human or model; ``confidence`` is the model's, 0 to 1.
    """

    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(32))
    x: Mapped[float] = mapped_column(Float)
    y: Mapped[float] = mapped_column(Float)
    width: Mapped[float] = mapped_column(Float)
    height: Mapped[float] = mapped_column(Float)
    provenance: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float | None] = mapped_column(Float)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    image: Mapped[Image] = relationship(back_populates="boxes")


class Label(Base):
    """A label that users created for the images of ``workload``. ``position`` is the order of the labels and of a
    model's outputs; a new label comes last.
    """

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("workload", "name", name="uq_labels_workload_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workload: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
