"""The connection to PostgreSQL: which of the many possible problems it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from core.catalog.engine import engine_for, reading
from core.cli.checks.network import connection_error
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import Settings

_PORT = 5432
_CLOCK_TOLERANCE = timedelta(seconds=2)


def check_database(settings: Settings) -> Iterator[Finding]:
    """Problems of the connection to a database server, nothing for SQLite; stops at the first problem."""
    try:
        url = make_url(settings.catalog_url)
    except ArgumentError:
        yield problem("SHIFUMI_DATABASE_URL is not a valid URL", _WRITE_IT)
        return
    if url.get_backend_name() == "sqlite":
        return
    try:
        engine = engine_for(settings.catalog_url)
    except (SQLAlchemyError, ImportError):
        yield problem(f"SHIFUMI_DATABASE_URL uses an unsupported database: {url.drivername}", _WRITE_IT)
        return
    where = f"{url.host or 'localhost'}:{url.port or _PORT}"
    # A plain TCP connection first: the driver would wait for minutes where a firewall drops packets.
    if url.host and not url.host.startswith("/") and (reason := connection_error(url.host, url.port or _PORT)):
        yield problem(
            f"The database server {where}: {reason}",
            "Start PostgreSQL there, make it listen on that address, or correct SHIFUMI_DATABASE_URL.",
        )
        return
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        yield _refusal(str(error), url, where)


_WRITE_IT = "Use the form postgresql://user:password@host/shifumi, or remove it to use SQLite."


def _refusal(said: str, url: URL, where: str) -> Finding:
    """Drivers report the server's reason only as text."""
    if "password authentication failed" in said or "no password supplied" in said:
        return problem(
            f"The database server {where} rejects the password of {url.username}, or has no such user",
            f"Correct it in SHIFUMI_DATABASE_URL (write @ and / as %40 and %2F), or set it on the "
            f"server: ALTER ROLE {url.username} PASSWORD '…'.",
        )
    if "pg_hba.conf" in said:
        return problem(
            f"The database server {where} accepts no connections from this machine",
            f"Add an entry for this machine and {url.username} to its pg_hba.conf, and reload it.",
        )
    if "does not exist" in said and "role" in said:
        return problem(
            f"The database server {where} has no user {url.username}", f"There: createuser --pwprompt {url.username}"
        )
    if "does not exist" in said:
        return problem(
            f"The database server {where} has no database {url.database}",
            f"There: createdb --owner={url.username} {url.database}; then `python3 manage.py migrate` here.",
        )
    if "too many" in said or "remaining connection slots" in said:
        return problem(f"The database server {where} has no connection left", "Raise max_connections there.")
    return problem(f"The database server {where} rejects the connection", "See its log for the reason.")


def check_database_clock() -> Finding:
    """Rows carry the clock of the machine that writes them. Raises ``CatalogUnavailableError``."""
    with reading() as session:
        there: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return judge_clocks(there - datetime.now(UTC))


def judge_clocks(skew: timedelta) -> Finding:
    """Whether the database server's clock differs by more than allowed; ``skew`` is how far it is ahead."""
    if abs(skew) > _CLOCK_TOLERANCE:
        return warning(
            f"The clocks of the database server and of this machine differ by {abs(skew).total_seconds():.0f} s",
            "Synchronise both clocks (systemd-timesyncd, chrony): heartbeats and leases depend on them.",
        )
    return ok("The clocks of the database server and of this machine agree")
