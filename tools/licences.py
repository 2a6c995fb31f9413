"""Writes THIRD_PARTY_LICENSES.md: what Shifumi installs, and under which licence each package comes.

    .venv/bin/python -m tools.licences

Run it after every change of requirements.txt. It refuses a package whose licence is unknown, or does not go
together with Shifumi's own, the AGPL-3.0-or-later.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
TARGET = ROOT / "THIRD_PARTY_LICENSES.md"

COMPATIBLE = frozenset(
    {
        *(
            "0BSD",
            "BSD",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "ISC",
            "MIT",
            "MIT-0",
            "MIT-CMU",
            "PSF-2.0",
            "ZPL-2.1",
            "Zlib",
        ),
        *("Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSL-1.0", "CC0-1.0", "MPL-2.0", "Unlicense"),
        *("AGPL-3.0-only", "AGPL-3.0-or-later"),
        *("GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"),
    }
)
"""Licences that the Free Software Foundation counts as compatible with the GNU (A)GPL 3."""

READ_BY_HAND = {
    "huey": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "skops": "MIT",
    "text-unidecode": "Artistic-1.0-Perl OR GPL-2.0-or-later",
    # Not installed on Linux with Python 3.11, where this is usually run.
    "async-timeout": "Apache-2.0",
    "pywin32": "PSF-2.0",
    "waitress": "ZPL-2.1",
    "whenever": "MIT",
    "win32-setctime": "MIT",
}
"""Where the metadata say nothing, or a choice of licences as if it were a heap: read in the package itself."""

EXCEPTIONS = {
    "regex": "Parts of it come from Python 1.6 under CNRI-Python, which the FSF counts as incompatible for its choice "
    "of law. Shifumi does not import it and does not pass it on: pip installs it for Prefect's date parser.",
}
"""Packages that are let through although their licence is not in :data:`COMPATIBLE`, and why."""

_SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_ROW = re.compile(r"^\| ([\w.-]+) \| ([\w.!+-]+) \| (.+) \|$", re.MULTILINE)
_HEAD = """# Licences of what Shifumi installs

Made by `tools/licences.py` from `requirements.txt` and the packages' own metadata; do not edit it by hand.
Shifumi itself is under the [AGPL-3.0-or-later](LICENSE). The full texts come with the packages, mostly in their
`.dist-info` folders under `.venv`. `BSD` means that the package does not say which of the BSD licences it is in a
form that a program can read.
"""


class LicenceError(Exception):
    """A package's licence is incompatible or unknown; the message says which."""


@dataclass(frozen=True, slots=True)
class Row:
    """One package of the lock."""

    name: str
    version: str
    licence: str


def locked(lock: Path = LOCK) -> list[tuple[str, str]]:
    """(canonical name, version) of every line, whatever system or Python it is meant for."""
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [(canonicalize_name(one.name), next(iter(one.specifier)).version) for one in wanted]


def installed(names: Iterable[str]) -> dict[str, str]:
    """Canonical name → licence of those that are installed here, as pip-licenses finds it."""
    command = [sys.executable, "-m", "piplicenses", "--with-system", "--from=mixed", "--format=json", "--packages"]
    found = json.loads(subprocess.run([*command, *names], capture_output=True, text=True, check=True).stdout)
    return {canonicalize_name(one["Name"]): tidy(one["License"]) for one in found}


def tidy(licence: str) -> str:
    """One SPDX-like expression for what packages write in many ways; several classifiers all apply."""
    return " AND ".join(_SPELLINGS.get(part, part) for part in licence.split("; "))


def compatible(licence: str) -> bool:
    """Whether each part of the expression, or an alternative to it, is in :data:`COMPATIBLE`."""
    parts = licence.replace("(", "").replace(")", "").split(" AND ")
    return all(any(choice.strip() in COMPATIBLE for choice in part.split(" OR ")) for part in parts)


def written(target: Path = TARGET) -> list[Row]:
    """The rows of the file as it is now; none when there is no file."""
    text = target.read_text(encoding="utf-8") if target.is_file() else ""
    rows = [Row(*found) for found in _ROW.findall(text)]
    return [row for row in rows if row.name != "package"]


def rows(wanted: Iterable[tuple[str, str]], found: Mapping[str, str], known: Mapping[str, str]) -> list[Row]:
    """A row per line of the lock; what is not installed here keeps the licence it was written with.

    Raises :class:`LicenceError` for packages of unknown or incompatible licence.
    """
    made = [Row(n, v, READ_BY_HAND.get(n) or found.get(n) or known.get(n) or "UNKNOWN") for n, v in wanted]
    wrong = [row for row in made if not compatible(row.licence) and row.name not in EXCEPTIONS]
    if wrong:
        listed = "\n".join(f"  {row.name} {row.version}: {row.licence}" for row in wrong)
        raise LicenceError(
            f"These cannot simply be shipped with an AGPL-3.0 program:\n{listed}\n"
            "Read the licence in the package. If it is fine, enter it in tools/licences.py; else find another package."
        )
    return made


def page(made: Iterable[Row]) -> str:
    """The whole file."""
    table = "\n".join(f"| {row.name} | {row.version} | {row.licence} |" for row in made)
    notes = "\n".join(f"- **{name}**: {why}" for name, why in EXCEPTIONS.items())
    return (
        f"{_HEAD}\n| package | version | licence |\n|---|---|---|\n{table}\n\n## Let through with open eyes\n{notes}\n"
    )


def main() -> int:
    """Write the file; returns the exit code."""
    wanted = locked()
    known = {row.name: row.licence for row in written()}
    try:
        text = page(rows(wanted, installed(name for name, _ in wanted), known))
    except LicenceError as error:
        print(error, file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {len(wanted)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
