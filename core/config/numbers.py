"""Number formats for display."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes in decimal units, as disks are sold."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def percent(share: float, digits: int = 1) -> str:
    """0.875 → "87.5 %"."""
    return f"{100 * share:.{digits}f} %"


def score(value: float) -> str:
    """A metric between 0 and 1, as in decisions, logs and MLflow: "0.937"."""
    return f"{value:.3f}"
