"""Call a job's lock by the usual word: ``slot`` becomes ``concurrency_key``.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("slot", "concurrency_key")


def downgrade() -> None:
    _rename("concurrency_key", "slot")


def _rename(old: str, new: str) -> None:
    # Two batches: SQLite's table is copied per batch, and a constraint on a name that the same batch makes is lost.
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint(f"uq_jobs_{old}", type_="unique")
        jobs.alter_column(old, new_column_name=new)
    with op.batch_alter_table("jobs") as jobs:
        jobs.create_unique_constraint(f"uq_jobs_{new}", [new])
