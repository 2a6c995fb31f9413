"""Who is on a captured image, when it was taken and in which hold.

Images from before keep their recording session and their split; nobody can say afterwards who was on them.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

from core.catalog import tables

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OPEN, _UNUSED, _TRAIN = "open", "unused", "train"
_IMAGES = sa.table("images", sa.column("split", sa.String))


def upgrade() -> None:
    with op.batch_alter_table("images") as images:
        images.add_column(sa.Column("person", sa.String(length=64), nullable=True))
        images.add_column(sa.Column("taken_at", tables.UtcDateTime(timezone=True), nullable=True))
        images.add_column(sa.Column("hold", sa.String(length=64), nullable=True))
        images.create_index("ix_images_person", ["workload", "person"])


def downgrade() -> None:
    # Older versions know neither; in training they do no harm that an older version would not do.
    op.execute(_IMAGES.update().where(_IMAGES.c.split.in_([_OPEN, _UNUSED])).values(split=_TRAIN))
    with op.batch_alter_table("images") as images:
        images.drop_index("ix_images_person")
        images.drop_column("hold")
        images.drop_column("taken_at")
        images.drop_column("person")
