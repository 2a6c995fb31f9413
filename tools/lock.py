"""Compiles both requirements files for all systems and Pythons with uv, after a change of a ``.in`` file.

    .venv/bin/python -m tools.lock                 # what changed in the .in files; all other pins stay
    .venv/bin/python -m tools.lock --upgrade       # every open range anew

uv itself: ``pip install uv``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COMPILE = (
    *(sys.executable, "-m", "uv", "pip", "compile"),
    *("--quiet", "--universal", "--python-version", "3.11", "--no-annotate", "--no-header"),
)
_OF_CUDA = re.compile(r"^(cuda-|nvidia-(?!ml-py)|triton)")
"""What PyTorch's CUDA build asks for by itself. Listed, it would cost people with a CPU build several gigabytes."""
_HEAD = "# Made by tools/lock.py from {source}; change that and run it again.\n"


def portable(lock: str) -> str:
    """The lock without the parts that belong to one build of PyTorch only."""
    return "".join(line for line in lock.splitlines(keepends=True) if not _OF_CUDA.match(line))


def compile_one(source: str, arguments: Sequence[str]) -> str:
    """The lock of ``source`` as text. The old lock beside it holds what need not change."""
    target = ROOT / source.replace(".in", ".txt")
    command = [*_COMPILE, source, "--output-file", target.name, *arguments]
    subprocess.run(command, cwd=ROOT, check=True)
    return portable(target.read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> None:
    for source, more in (("requirements.in", ()), ("requirements-dev.in", ("-c", "requirements.txt"))):
        lock = _HEAD.format(source=source) + compile_one(source, [*more, *arguments])
        (ROOT / source.replace(".in", ".txt")).write_text(lock, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
