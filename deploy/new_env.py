"""Make `.env` for `docker compose`: `.env.example` with a random secret on each line that waits for one.

    python3 deploy/new_env.py

An `.env` that exists keeps its values: only what is missing or empty is added. The standard library suffices.
"""

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_EMPTY = re.compile(r"^([A-Z][A-Z0-9_]*)=\s*$")
_SET = re.compile(r"^([A-Z][A-Z0-9_]*)=\s*\S")


def filled(example: str, present: str) -> str:
    """``present`` with what it lacks of ``example``: secrets made up, other values as the example has them."""
    had = {found[1] for line in present.splitlines() if (found := _SET.match(line))}
    if not present.strip():
        return "".join(_with_secret(line) for line in example.splitlines(keepends=True))
    kept = [line for line in present.splitlines(keepends=True) if not _EMPTY.match(line)]
    missing = [
        line
        for line in example.splitlines(keepends=True)
        if (found := _EMPTY.match(line) or _SET.match(line)) and found[1] not in had
    ]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return "".join([*kept, *map(_with_secret, missing)])


def _with_secret(line: str) -> str:
    # Hexadecimal: it is safe inside an address. 128 bits.
    return f"{found[1]}={secrets.token_hex(16)}\n" if (found := _EMPTY.match(line)) else line


def main(folder: Path = ROOT) -> int:
    """Write ``.env`` for the owner's eyes only; returns the exit code."""
    target = folder / ".env"
    present = target.read_text(encoding="utf-8") if target.exists() else ""
    text = filled((folder / ".env.example").read_text(encoding="utf-8"), present)
    if text == present:
        print(f"{target.name} has everything already.")
        return 0
    fresh = target.with_name(".env.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
    fresh.replace(target)
    print(f"Wrote {target.name}. The first admin's password is in it: SHIFUMI_ADMIN_PASSWORD.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
