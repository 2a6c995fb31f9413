"""The table of addresses that `run` prints."""

from __future__ import annotations

from collections.abc import Iterable

from core.config.settings import Settings
from core.monitoring.run_record import ProcessRecord

_HINTS = {"Prediction API": "docs under /docs"}


def address_table(records: Iterable[ProcessRecord], settings: Settings) -> str:
    """One line per process, then how to log in and how to stop."""
    rows = [(record.label, record.url or "–", record.state, _HINTS.get(record.label, "")) for record in records]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["", "  Shifumi is running", ""]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        lines.append(f"    {'   '.join(cells)}   {row[3]}".rstrip())
    lines += ["", f"  Open the workbench and log in. Stop with Ctrl-C. Logs: {settings.logs_dir}", ""]
    return "\n".join(lines)
