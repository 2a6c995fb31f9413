"""Data contract: whether a dataset keeps it, what breaks it, and who accepted it nevertheless.

Datasets that are there already were learnt from: they count as valid.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from core.catalog import tables

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = ("status", "findings", "accepted_by", "accepted_at", "accepted_reason")


def upgrade() -> None:
    with op.batch_alter_table("datasets") as changed:
        changed.add_column(sa.Column("status", sa.String(length=16), nullable=False, server_default="valid"))
        changed.add_column(sa.Column("findings", sa.JSON(), nullable=False, server_default="[]"))
        changed.add_column(sa.Column("accepted_by", sa.String(length=64), nullable=True))
        changed.add_column(sa.Column("accepted_at", tables.UtcDateTime(timezone=True), nullable=True))
        changed.add_column(sa.Column("accepted_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("datasets") as changed:
        for name in _COLUMNS:
            changed.drop_column(name)
