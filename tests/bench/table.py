"""Collects what the benchmarks measured and keeps it in ``docs/benchmarks.md``.

A run replaces the rows it measured, by section and name, and leaves the others as they were. Each section
says when and on which machine it was measured last.
"""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from core.config.settings import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"

_INTRODUCTION = """# Benchmarks

Written by `python3 manage.py bench`; the benchmarks are in `tests/bench`. Both sides of a row run in turns on
the same machine, and a figure is the median of the rounds. Compare ratios, not figures: those depend on the machine.

The empty ASGI application (`tests/bench/empty_asgi.py`) runs on uvicorn with the prediction API's options. It is sent
the same request as `/predict`, token included, takes the body, looks at nothing, and answers 200 with as many bytes.
"""
_HEADER = "| what | ours | baseline | ratio | target | met |\n|---|---|---|---|---|---|\n"
_MADE_WITH = ("numpy", "fastapi", "uvicorn", "mlflow", "scikit-learn", "streamlit", "prefect", "duckdb")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, as people read it. ``met`` is None when there is no target."""

    name: str
    ours: str
    baseline: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    def markdown(self) -> str:
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        cells = (self.name, self.ours, self.baseline, self.ratio, self.target, met)
        return f"| {' | '.join(cells)} |\n"


@dataclass
class Table:
    """The rows of this run, by section."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, section: str, row: Row) -> None:
        """Note a measurement and show it."""
        self.rows.setdefault(section, []).append(row)
        met = {None: "", True: "met", False: "MISSED"}[row.met]
        parts = (row.name, row.ours, row.baseline, row.ratio, row.target, met)
        print("\n" + " · ".join(part for part in parts if part), flush=True)

    def write(self, page: Path = PAGE) -> None:
        """Bring the page up to date; without rows it stays as it is."""
        if not self.rows:
            return
        sections = _read(page.read_text(encoding="utf-8")) if page.exists() else {}
        for section, rows in self.rows.items():
            known = sections.get(section, (None, {}))[1]
            sections[section] = (_measured_on(), known | {row.name: row.markdown() for row in rows})
        text = "".join(_section(title, when, rows.values()) for title, (when, rows) in sections.items())
        page.write_text(_INTRODUCTION + text, encoding="utf-8")


Sections = dict[str, tuple[str, dict[str, str]]]


def _read(text: str) -> Sections:
    """Each section's machine line, and its rows by name."""
    sections: Sections = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        lines = [line for line in rest.splitlines(keepends=True) if line.startswith("| ")]
        rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines[1:]}
        sections[title] = (rest.strip().splitlines()[-1], rows)
    return sections


def _section(title: str, measured_on: str, rows: Iterable[str]) -> str:
    return f"\n## {title}\n\n{_HEADER}{''.join(rows)}\n{measured_on}\n"


def _measured_on() -> str:
    made_with = ", ".join(f"{name} {version(name)}" for name in _MADE_WITH)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {_processor()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {made_with}."
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE)):
        return found[1].strip()
    return platform.processor() or platform.machine()
