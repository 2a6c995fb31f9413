"""The packages that are mutated, and the tests that must detect their mutants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ALWAYS = ("core/loop", "core/auth", "core/models", "core/jobs", "core/api")
"""The rooms that are mutated when none is named: they decide who may do what, and which model serves."""

_MORE_TESTS = {
    "auth": ("tests/pages/test_login.py",),
}
"""Where a room's tests lie outside the folder of its name: what only a page can drive."""


@dataclass(frozen=True, slots=True)
class Room:
    """``patterns`` are the files to mutate, as mutmut takes them; ``tests`` are paths for pytest."""

    name: str
    patterns: tuple[str, ...]
    tests: tuple[str, ...]


def rooms_of(paths: Sequence[str], root: Path) -> list[Room]:
    """The named files and folders of ``core``, sorted into rooms.

    Raises ``ValueError`` when a path is not under ``core`` or has no tests of its own.
    """
    patterns: dict[str, list[str]] = {}
    for path in paths or ALWAYS:
        inside = Path(path).resolve().relative_to(root) if Path(path).is_absolute() else Path(path)
        if inside.parts[:1] != ("core",) or len(inside.parts) < 2 or not (root / inside).exists():
            raise ValueError(f"{path} is no file or folder of core, such as core/loop or core/auth/tokens.py.")
        pattern = inside.as_posix() if inside.suffix == ".py" else f"{inside.as_posix()}/*"
        patterns.setdefault(inside.parts[1], []).append(pattern)
    return [Room(name, tuple(found), _tests_of(name, root)) for name, found in patterns.items()]


def _tests_of(room: str, root: Path) -> tuple[str, ...]:
    wanted = (f"tests/unit/{room}", f"tests/{room}", *_MORE_TESTS.get(room, ()))
    found = tuple(path for path in wanted if (root / path).exists())
    if not found:
        raise ValueError(f"There are no tests in tests/unit/{room}.")
    return found
