"""Feedback: labels given to predictions afterwards.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from core.catalog import tables

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("workload", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("predicted_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=128), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("request", "person", name="uq_feedback_request_person"),
    )
    op.create_index("ix_feedback_workload_version", "feedback", ["workload", "version"])
    op.create_index(op.f("ix_feedback_at"), "feedback", ["at"])


def downgrade() -> None:
    op.drop_table("feedback")
