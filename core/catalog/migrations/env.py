"""Alembic's entry point; the address comes from the settings, never from alembic.ini."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

# Their tables belong to the same metadata.
from core.catalog import feedback_tables, health_tables, image_tables, notification_tables, work_tables  # noqa: F401
from core.catalog.engine import engine_for
from core.catalog.tables import Base
from core.config.settings import get_settings


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making the table anew and dropping the old one, which would take the rows that refer
    to it along (ON DELETE CASCADE). Said to the driver: within a transaction SQLite does not listen."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()  # nothing, unless a migration failed
        driver.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    url = context.config.attributes.get("url") or get_settings().catalog_url
    engine = engine_for(url)
    if engine.dialect.name == "sqlite" and engine.url.database:
        get_settings().make_folders()
    with engine.connect().execution_options(shifumi_write=True) as connection, _tables_may_be_rebuilt(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            user_module_prefix="tables.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
