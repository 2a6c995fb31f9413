"""Python, packages and external programs."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from core.cli import programs
from core.cli.findings import Finding, ok, problem, warning
from core.config.settings import ROOT

_REINSTALL = "Delete the folder .venv; the next `python3 manage.py` creates it again."


def check_environment() -> Iterator[Finding]:
    """Python version, installed packages against the lock file, programs used by tests."""
    yield _python()
    yield from check_packages(ROOT / "requirements.txt")
    yield _stamp(ROOT / "requirements.txt")
    yield _opencv()
    yield from check_programs()


def _python() -> Finding:
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return ok(f"Python {platform.python_version()} on {platform.system()}")
    return problem(f"Python {platform.python_version()} is not supported", "Use Python 3.11, 3.12 or 3.13.")


def check_packages(pins: Path) -> Iterator[Finding]:
    """Compare each applicable pin with the installed version."""
    wrong = []
    wanted = [Requirement(line) for line in _lines(pins)]
    here = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    for one in here:
        try:
            found = version(one.name)
        except PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(found, prereleases=True):
            wrong.append(f"{one.name} is {found}, expected {one.specifier}")
    if wrong:
        yield problem(f"Packages differ from {pins.name}: {'; '.join(wrong)}", _REINSTALL)
    else:
        yield ok(f"All {len(here)} packages of {pins.name} are installed in the pinned versions")


def _lines(pins: Path) -> list[str]:
    lines = (line.split("#")[0].strip() for line in pins.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def _stamp(pins: Path) -> Finding:
    stamp = Path(sys.prefix) / f".installed-{pins.stem}"
    try:
        fresh = stamp.read_text(encoding="ascii") == hashlib.sha256(pins.read_bytes()).hexdigest()
    except OSError:
        fresh = False
    if fresh:
        return ok("The environment is complete")
    return warning(f"{sys.prefix} was not installed by manage.py", "Run `python3 manage.py doctor`, with that name.")


def _opencv() -> Finding:
    """OpenCV is imported in a separate process: a missing system library shows only at import."""
    done = subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ok("OpenCV loads")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return problem(
        f"OpenCV does not load ({last}): images and webcam do not work",
        "On Debian or Ubuntu `sudo apt-get install libgl1 libglib2.0-0`; else the package with the file named above.",
    )


def check_programs() -> Iterator[Finding]:
    """Programs used only by tests: not a problem for `run`."""
    for program in programs.PROGRAMS:
        place = program.find()
        if place:
            yield ok(f"{program.name} for {program.purpose}: {place}")
        else:
            yield warning(
                f"{program.name} is missing; only {program.purpose} need it",
                f"`python3 manage.py test` installs it if possible; else {program.elsewhere}.",
            )
