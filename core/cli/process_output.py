"""Standard output of the supervised processes: `data/logs/<name>.out`, one older file kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from core.config.disk import trouble

_MOST_BYTES = 20_000_000


def fresh_output(logs_dir: Path, name: str) -> Path:
    """The output file of ``name`` for a new run; that of the previous run becomes `.out.1`."""
    current = output_path(logs_dir, name)
    with suppress(OSError):  # a read-only disk: see `opened`
        if current.exists():
            current.replace(current.with_suffix(".out.1"))
        current.touch(mode=0o600)
    return current


def opened(output: Path) -> BinaryIO:
    """The file for a new process to append to. While the disk takes nothing its output is discarded: a program that
    cannot print often ends.
    """
    with suppress(OSError):
        if not trouble(output.parent):
            return output.open("ab")
    return Path(os.devnull).open("ab")


def output_path(logs_dir: Path, name: str) -> Path:
    return logs_dir / f"{name}.out"


def trim(path: Path) -> None:
    """Rotate a large output file. The writer appends, so it continues in the emptied file."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            shutil.copyfile(path, path.with_suffix(".out.1"))
            os.truncate(path, 0)
    except OSError:
        # Windows may refuse while a child writes; the next round tries again.
        return


def last_line(path: Path) -> str:
    """The last non-empty line: usually the error that ended the process."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4000))
            lines = file.read().decode("utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Follower:
    """Returns what was appended to a file since the last call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def new_lines(self) -> list[str]:
        """Complete lines only; the rest follows with the next call."""
        try:
            size = self._path.stat().st_size
            if size < self._position:
                self._position = 0  # the file was rotated
            with self._path.open("rb") as file:
                file.seek(self._position)
                complete, _, _ = file.read().rpartition(b"\n")
        except OSError:
            return []
        if not complete:
            return []
        self._position += len(complete) + 1
        return complete.decode("utf-8", errors="replace").splitlines()
