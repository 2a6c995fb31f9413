"""Run Alembic from code."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.catalog.engine import engine_for
from core.config.settings import ROOT, get_settings


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration for ``url`` (default: the catalog of the settings)."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url or get_settings().catalog_url
    return config


def upgrade(url: str | None = None, revision: str = "head") -> None:
    """Migrate the catalog to ``revision``. Does nothing when it is already there."""
    command.upgrade(alembic_config(url), revision)


def downgrade(revision: str, url: str | None = None) -> None:
    command.downgrade(alembic_config(url), revision)


def check(url: str | None = None) -> None:
    """Raise Alembic's ``CommandError`` when the tables and the migrations disagree."""
    command.check(alembic_config(url))


def current_revision(url: str | None = None) -> str | None:
    with engine_for(url or get_settings().catalog_url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()
