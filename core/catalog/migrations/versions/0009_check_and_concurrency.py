"""Names that are guessed: the flow ``check-and-retrain`` is ``check``, a worker's ``places`` are its ``concurrency``.

The audit log keeps the names of its time.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OLD, _NEW = "check-and-retrain", "check"
_JOBS = sa.table("jobs", sa.column("kind", sa.String), sa.column("concurrency_key", sa.String))


def upgrade() -> None:
    _rename_kind(_OLD, _NEW)
    with op.batch_alter_table("workers") as workers:
        workers.alter_column("places", new_column_name="concurrency")


def downgrade() -> None:
    with op.batch_alter_table("workers") as workers:
        workers.alter_column("concurrency", new_column_name="places")
    _rename_kind(_NEW, _OLD)


def _rename_kind(old: str, new: str) -> None:
    """In the kind of each job, and in the keys (``kind:workload``) of those that have not ended."""
    op.execute(_JOBS.update().where(_JOBS.c.kind == old).values(kind=new))
    key = _JOBS.c.concurrency_key
    renamed = sa.literal(f"{new}:") + sa.func.substr(key, len(old) + 2)
    op.execute(_JOBS.update().where(key.like(f"{old}:%")).values(concurrency_key=renamed))
