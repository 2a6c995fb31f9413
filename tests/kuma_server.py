"""A real Uptime Kuma from the npm registry, in a folder that later runs use again.

What is published there is a preview of version 2 that lacks a step of its own build: the files are put where it looks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.waiting import wait_until

_PACKAGE = "uptime-kuma@2.0.0-dev.0"
_UNPACK = (
    "const z=require('zlib'),f=require('fs');"
    "f.writeFileSync('dist/index.html',z.brotliDecompressSync(f.readFileSync('dist/index.html.br')))"
)


def installed() -> Path:
    """The program's folder; made in some minutes the first time, as SQLite is compiled. Skips without Node.js."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("Node.js and npm are not installed")
    folder = Path(tempfile.gettempdir()) / "shifumi-uptime-kuma"
    program, done = folder / "package", folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _call(folder, "npm", "pack", _PACKAGE)
        _call(folder, "tar", "xzf", next(folder.glob("*.tgz")).name)
        _call(program, "npm", "install", "--omit=dev", "--ignore-scripts", "--legacy-peer-deps", "--no-audit")
        _call(program, "npm", "rebuild", "@louislam/sqlite3", "--build-from-source", "--nodedir=/usr")
        for patch in (program / "db").glob("*.sql"):
            shutil.copy(patch, program / "db" / "old_migrations")
        _call(program, "node", "-e", _UNPACK)
        done.touch()
    return program


def _call(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2000:]}"


@contextmanager
def uptime_kuma(data: Path, database: str = "sqlite") -> Iterator[str]:
    """An instance without an admin over ``data``; yields its address. Without ``database`` it asks for one."""
    program, port = installed(), free_port()
    command = ["node", "server/server.js", f"--port={port}", "--host=127.0.0.1", f"--data-dir={data}/"]
    environment = os.environ | {"UPTIME_KUMA_DB_TYPE": database, "NODE_ENV": "production"}
    data.mkdir(parents=True)
    with (data / "console.log").open("w") as console:
        process = subprocess.Popen(command, cwd=program, env=environment, stdout=console, stderr=console)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), timeout=120, every=0.5, what=f"Uptime Kuma at {url}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return "type" in httpx.get(f"{url}/api/entry-page", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return False
