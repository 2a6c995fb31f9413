"""A private PostgreSQL cluster for tests, from the Debian package or whatever is on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.catalog import engine, migrate
from core.config.settings import Settings, get_settings
from tests.ports import free_port


def server_programs() -> Path | None:
    """The folder that holds ``initdb`` and ``pg_ctl``; None when PostgreSQL's server is not installed."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = str(packaged[-1]) if packaged else shutil.which("pg_ctl")
    return Path(found).parent if found else None


@contextmanager
def postgres_cluster(programs: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Start an empty cluster on a free port of ``host`` and yield the address of a database in it.

    Whoever reaches ``host`` from its network of 256 addresses is let in.
    """
    # PostgreSQL refuses to run as root, so root borrows the package's own user.
    as_user = ["runuser", "-u", "postgres", "--"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"

        def run(program: str, *arguments: str) -> None:
            command = [*as_user, str(programs / program), *arguments]
            subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=60)

        run("initdb", "-D", data, "-U", "shifumi", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        with Path(data, "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write(f"host all all {host}/24 trust\n")
        options = f"-p {port} -c listen_addresses={host} -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql://shifumi@{host}:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One empty database for the whole session; whoever migrates it empties it again."""
    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed")
    with postgres_cluster(programs) as url:
        yield url
        engine.engine_for(url).dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_engine(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The catalog of this test on each engine; on PostgreSQL several writers really work at once."""
    name = str(request.param)
    if name == "postgres":
        monkeypatch.setenv("SHIFUMI_DATABASE_URL", request.getfixturevalue("postgres_url"))
        get_settings.cache_clear()
        migrate.upgrade()
    yield name
    if name == "postgres":
        engine.get_engine().dispose()
        migrate.downgrade("base")
