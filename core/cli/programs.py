"""External programs that the tests use: where they are, and how to install them."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_POSTGRES_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("C:/Program Files/PostgreSQL", "*/bin"),
)
_PLAYWRIGHT_BROWSER = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


class InstallFailedError(Exception):
    """A program could not be installed; the message has the installer's last output."""


@dataclass(frozen=True, slots=True)
class Program:
    """``find`` locates it; ``debian`` is the package; ``elsewhere`` says what to do on other systems."""

    name: str
    purpose: str
    find: Callable[[], Path | None]
    debian: str
    elsewhere: str


def find_chromium() -> Path | None:
    """The system's Chromium, else the one downloaded by Playwright, else None."""
    if on_path := next(filter(None, map(shutil.which, _BROWSERS)), None):
        return Path(on_path)
    asked = subprocess.run([sys.executable, "-c", _PLAYWRIGHT_BROWSER], capture_output=True, text=True, check=False)
    browser = Path(asked.stdout.strip() or ".")
    return browser if browser.is_file() else None


def find_postgres() -> Path | None:
    """The folder with PostgreSQL's `initdb` and `postgres` (the newest one), or None."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    program = "initdb.exe" if os.name == "nt" else "initdb"
    found = [place for root, pattern in _POSTGRES_FOLDERS for place in Path(root).glob(pattern)]
    return next((place for place in sorted(found, reverse=True) if (place / program).is_file()), None)


def _on_path(*names: str) -> Callable[[], Path | None]:
    """Finds the first of these programs, also in ``/usr/sbin``, which is not on every PATH."""

    def find() -> Path | None:
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
        found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
        return Path(found) if found else None

    return find


def find_opengl() -> Path | None:
    """libGL as the loader finds it; the Python executable where no such library is needed."""
    if sys.platform != "linux":
        return Path(sys.executable)
    name = ctypes.util.find_library("GL")
    return Path(name) if name else None


PROGRAMS = (
    Program(
        "Chromium",
        "the browser tests",
        find_chromium,
        "chromium",
        "`.venv/bin/python -m playwright install chromium` or any Chrome on the PATH",
    ),
    Program(
        "PostgreSQL",
        "the tests of migrations and locking on a second database",
        find_postgres,
        "postgresql",
        "`brew install postgresql@15`, or see https://www.postgresql.org/download/",
    ),
    Program(
        "Redis",
        "the tests of Celery workers",
        _on_path("redis-server"),
        "redis-server",
        "`brew install redis`, or see https://redis.io/docs/latest/operate/oss_and_stack/install/",
    ),
    Program(
        "Prometheus",
        "the tests of metrics, alerts and dashboards",
        _on_path("promtool"),
        "prometheus",
        "`brew install prometheus`, or see https://prometheus.io/download/",
    ),
    Program(
        "Alertmanager",
        "the test of an alert on its way to Discord",
        _on_path("prometheus-alertmanager", "alertmanager"),
        "prometheus-alertmanager",
        "`brew install alertmanager`, or see https://prometheus.io/download/",
    ),
    Program(
        "Caddy",
        "the test of Live over https",
        _on_path("caddy"),
        "caddy",
        "`brew install caddy`, or see https://caddyserver.com/docs/install",
    ),
    Program(
        "coturn",
        "the test of Live through a relay",
        _on_path("turnserver"),
        "coturn",
        "`brew install coturn`, or see https://github.com/coturn/coturn",
    ),
    Program(
        "libGL",
        "OpenCV, which reads and draws images",
        find_opengl,
        "libgl1",
        "your system's package with `libGL.so.1`, such as `mesa-libGL` or `libglvnd`",
    ),
)


def missing(programs: Sequence[Program] = PROGRAMS) -> list[Program]:
    """Programs that are not installed."""
    return [program for program in programs if program.find() is None]


def can_use_apt() -> bool:
    """True for root on Debian-based systems: packages can be installed without asking."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Sequence[str]) -> None:
    """Install Debian packages. Raises :class:`InstallFailedError`."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _call(["apt-get", "update", "-q"], environment)
    _call(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], environment)


def playwright_install() -> None:
    """Download Playwright's own Chromium. Raises :class:`InstallFailedError`."""
    _call([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def chromium_is_a_snap() -> bool:
    """On Ubuntu the package `chromium` only installs a snap, which does not work in containers."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def _call(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise InstallFailedError(f"`{' '.join(command)}` failed:\n{last}")
