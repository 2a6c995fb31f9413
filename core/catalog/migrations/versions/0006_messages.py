"""Keep codes with their parameters where sentences were kept; they are worded when shown.

The sentences that version 0.1 wrote are read back (:mod:`core.catalog.legacy_messages`); one that is not recognised
stays as it is. On the way back messages become the sentences that they read as today.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.catalog import legacy_messages

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = (("decisions", "reason"), ("jobs", "message"), ("work_items", "message"), ("images", "note"))
_INSIDE: tuple[tuple[str, str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("decisions", "details", legacy_messages.decision_details, legacy_messages.old_decision_details),
    ("jobs", "result", legacy_messages.job_result, legacy_messages.old_job_result),
    ("work_items", "result", legacy_messages.work_result, legacy_messages.old_work_result),
    ("work_items", "error", legacy_messages.work_error, legacy_messages.old_work_error),
    ("work_items", "learning", legacy_messages.learning, legacy_messages.old_learning),
)
_AT_ONCE = 500


def upgrade() -> None:
    for table, column in _COLUMNS:
        _rewrite(table, column, lambda text: json.dumps(legacy_messages.parsed(text), ensure_ascii=False))
        _retype(table, column, sa.Text(), sa.JSON())
    for table, column, newer, _ in _INSIDE:
        _rewrite_json(table, column, newer)


def downgrade() -> None:
    for table, column, _, older in _INSIDE:
        _rewrite_json(table, column, older)
    for table, column in _COLUMNS:
        _retype(table, column, sa.JSON(), sa.Text())
        _rewrite(table, column, lambda text: legacy_messages.sentence(json.loads(text)))


def _retype(table: str, column: str, before: sa.types.TypeEngine[Any], after: sa.types.TypeEngine[Any]) -> None:
    with op.batch_alter_table(table) as changed:
        changed.alter_column(
            column,
            existing_type=before,
            type_=after,
            existing_nullable=False,
            postgresql_using=f"{column}::{'json' if isinstance(after, sa.JSON) else 'text'}",
        )


def _rewrite(table: str, column: str, change: Callable[[str], str]) -> None:
    _each(sa.table(table, sa.column("id"), sa.column(column, sa.Text())), column, change)


def _rewrite_json(table: str, column: str, change: Callable[[Any], Any]) -> None:
    _each(sa.table(table, sa.column("id"), sa.column(column, sa.JSON())), column, change)


def _each(rows: sa.TableClause, column: str, change: Callable[[Any], Any]) -> None:
    """Change one column of every row; all ids first, so that nothing is read while it is written."""
    connection = op.get_bind()
    ids = list(connection.scalars(sa.select(rows.c.id).order_by(rows.c.id)))
    for start in range(0, len(ids), _AT_ONCE):
        few = ids[start : start + _AT_ONCE]
        for key, value in connection.execute(sa.select(rows.c.id, rows.c[column]).where(rows.c.id.in_(few))).all():
            if (changed := change(value)) != value:
                connection.execute(sa.update(rows).where(rows.c.id == key).values({column: changed}))
