"""A copy of the tree for one room: mutants are never written into the tree itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tools.mutate.rooms import Room

_CONFIGURATION = """

[tool.mutmut]
source_paths = ["core"]
only_mutate = {only}
also_copy = {others}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {options}
do_not_mutate_patterns = ["logger\\\\."]
use_git_change_detection = false
on_dependency_change = "ignore"
timeout_multiplier = 6.0
timeout_constant = 30.0
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault and what became of it: ``killed``, ``survived``, ``timeout``, ``no tests`` …"""

    name: str
    path: str
    status: str
    diff: str

    @property
    def noticed(self) -> bool:
        """A mutant that never ends is noticed too: whoever ran it would wait."""
        return self.status in {"killed", "timeout", "segfault", "suspicious"}


class Workspace:
    """A room's copy in ``folder``. What was found stays there: the next run goes on from it."""

    def __init__(self, room: Room, folder: Path, root: Path, without: Sequence[str] = ()) -> None:
        self.room, self.folder, self._root, self._without = room, folder, root, without

    def refresh(self) -> None:
        """Bring the copy up to date with the tree. Raises ``CalledProcessError`` when git does not answer."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=self._root, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
        wanted = {name for name in listed if name and (self._root / name).is_file()}
        for stale in _files_in(self.folder) - wanted:
            (self.folder / stale).unlink()
            (self.folder / "mutants" / stale).unlink(missing_ok=True)
        for name in wanted:
            _copy_if_newer(self._root / name, self.folder / name)
        self._configure(wanted)

    def _configure(self, files: set[str]) -> None:
        others = sorted({Path(name).parts[0] for name in files} - {"core"})
        options = ["-p", "no:xdist", *(f"--ignore={path}" for path in self._without)]
        text = (self._root / "pyproject.toml").read_text(encoding="utf-8") + _CONFIGURATION.format(
            only=json.dumps(self.room.patterns),
            others=json.dumps(others),
            tests=json.dumps(self.room.tests),
            options=json.dumps(options),
        )
        (self.folder / "pyproject.toml").write_text(text, encoding="utf-8")

    def make(self) -> list[str]:
        """Write the mutants; returns their names."""
        self._engine("make")
        return [name for known in self._metas() for name in known]

    def open_of(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that nobody has killed yet: not run, or survivors whose tests may be there by now."""
        known = {name: code for found in self._metas() for name, code in found.items()}
        return [name for name in names if known.get(name) in (None, 0, 5, 33)]

    def run(self, names: Sequence[str], children: int) -> None:
        """Run the tests against ``names``. Raises ``subprocess.CalledProcessError`` when they fail without a mutant."""
        if names:
            self._engine("run", str(self._listed(names)), str(children))

    def outcome(self, names: Sequence[str]) -> list[Mutant]:
        """What became of ``names``."""
        if not names:
            return []
        target = self.folder / "outcome.json"
        self._engine("tell", str(self._listed(names)), str(target))
        return [Mutant(**one) for one in json.loads(target.read_text(encoding="utf-8"))]

    def _listed(self, names: Sequence[str]) -> Path:
        file = self.folder / "names.txt"
        file.write_text("\n".join(names), encoding="utf-8")
        return file

    def _metas(self) -> list[dict[str, int | None]]:
        """The outcomes of this room's files; an earlier run may have left those of others."""
        mutants = self.folder / "mutants"
        files = [file for file in sorted((mutants / "core").rglob("*.py.meta")) if self._wanted(file, mutants)]
        return [json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"] for file in files]

    def _wanted(self, file: Path, mutants: Path) -> bool:
        source = file.relative_to(mutants).as_posix().removesuffix(".meta")
        return any(fnmatch(source, pattern) for pattern in self.room.patterns)

    def _engine(self, *arguments: str) -> None:
        """mutmut's own words go to ``log.txt``: a spinner, and what pytest says when it fails without a mutant."""
        command = [sys.executable, "-m", "tools.mutate.engine", *arguments]
        with (self.folder / "log.txt").open("w", encoding="utf-8") as log:
            subprocess.run(command, cwd=self.folder, check=True, stdout=log, stderr=subprocess.STDOUT)


def _files_in(folder: Path) -> set[str]:
    own = ("mutants", "names.txt", "outcome.json", "log.txt", ".hypothesis")
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.as_posix() for path in found if path.parts[0] not in own}


def _copy_if_newer(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)  # with a new time: mutmut makes a file's mutants again when it is newer than they
