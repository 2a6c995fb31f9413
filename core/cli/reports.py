"""`manage.py report …`: an evidence report without the app."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.auth.roles import SYSTEM
from core.cli.errors import CommandError
from core.reporting.report import FORMATS, Format, Report, export
from core.workloads import WORKLOADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `report`."""
    parser.add_argument("workload", choices=sorted(WORKLOADS), help="the workload it is about")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="an .html or .pdf file, or a folder (default: both, here)"
    )


def execute(options: argparse.Namespace) -> int:
    """Write the files. Raises :class:`CommandError` when that is not possible."""
    target: Path = (options.out or Path()).expanduser().absolute()
    wanted = FORMATS if target.is_dir() else (_format(target),)
    folder = target if target.is_dir() else target.parent
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}. Create it first.")
    report = export(SYSTEM, options.workload, wanted)
    try:
        _write(report, target)
    except OSError as error:
        raise CommandError(f"The report could not be written: {error}") from error
    return 0


def _format(target: Path) -> Format:
    for one in FORMATS:
        if target.suffix.lower() == f".{one}":
            return one
    raise CommandError(f"{target.name} is neither an .html nor a .pdf file.")


def _write(report: Report, target: Path) -> None:
    for kind, content in report.files.items():
        file = target / f"{report.name}.{kind}" if target.is_dir() else target
        file.write_bytes(content)
        print(f"{file}: {len(content) / 1000:,.0f} kB")
