"""The catalog on a PostgreSQL server: which of the many things that can be wrong it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from core.catalog.engine import engine_for, reading
from core.cli.checks.reach import connect
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import Settings

_PORT = 5432
_CLOCK_TOLERANCE = timedelta(seconds=2)


def check_database(settings: Settings) -> Iterator[Finding]:
    """Only what is wrong with the way to a database server, nothing for SQLite; the first trouble ends it."""
    try:
        url = make_url(settings.catalog_url)
    except ArgumentError:
        yield problem("SHIFUMI_DATABASE_URL is no address", _WRITE_IT)
        return
    if url.get_backend_name() == "sqlite":
        return
    try:
        engine = engine_for(settings.catalog_url)
    except (SQLAlchemyError, ImportError):
        yield problem(f"SHIFUMI_DATABASE_URL asks for a database that is not supported: {url.drivername}", _WRITE_IT)
        return
    where = f"{url.host or 'localhost'}:{url.port or _PORT}"
    # By hand first: the driver would wait for minutes where a firewall swallows everything.
    if url.host and not url.host.startswith("/") and (reason := connect(url.host, url.port or _PORT)):
        yield problem(
            f"The database server {where}: {reason}",
            "Start PostgreSQL there, let it listen on that address, or correct SHIFUMI_DATABASE_URL.",
        )
        return
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        yield _refusal(str(error), url, where)


_WRITE_IT = "Write it like postgresql://user:password@host/shifumi, or remove it to use SQLite."


def _refusal(said: str, url: URL, where: str) -> Finding:
    """Drivers put the server's reason into words only."""
    if "password authentication failed" in said or "no password supplied" in said:
        return problem(
            f"The database server {where} refuses the password of {url.username}, or knows no such user",
            f"Correct it in SHIFUMI_DATABASE_URL (signs like @ and / are written as %40 and %2F), or set it on the "
            f"server: ALTER ROLE {url.username} PASSWORD '…'.",
        )
    if "pg_hba.conf" in said:
        return problem(
            f"The database server {where} lets nobody in from this machine",
            f"Add a line for this machine and {url.username} to its pg_hba.conf, and let it read that again.",
        )
    if "does not exist" in said and "role" in said:
        return problem(
            f"The database server {where} knows no user {url.username}", f"There: createuser --pwprompt {url.username}"
        )
    if "does not exist" in said:
        return problem(
            f"The database server {where} has no database {url.database}",
            f"There: createdb --owner={url.username} {url.database}; then `python3 manage.py migrate` here.",
        )
    if "too many" in said or "remaining connection slots" in said:
        return problem(f"The database server {where} has no connection left", "Raise max_connections there.")
    return problem(f"The database server {where} does not let us in", "Its own log says why.")


def check_database_clock() -> Finding:
    """Rows carry the clock of whoever writes them. Raises ``CatalogUnavailableError``."""
    with reading() as session:
        there: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return judge_clocks(there - datetime.now(UTC))


def judge_clocks(skew: timedelta) -> Finding:
    """Whether the database server's clock may be ``skew`` ahead of ours."""
    if abs(skew) > _CLOCK_TOLERANCE:
        return warning(
            f"The clocks of the database server and of this machine differ by {abs(skew).total_seconds():.0f} s",
            "Let both keep time over the network (systemd-timesyncd, chrony): work is judged dead by the clock.",
        )
    return ok("The clocks of the database server and of this machine agree")
