"""`manage.py mutate`: which faults are made, which of them are drawn, and a real run over a small tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli import testing
from core.cli.__main__ import main
from core.config.settings import ROOT
from tools.mutate import sampling
from tools.mutate.report import report
from tools.mutate.rooms import ALWAYS, rooms_of
from tools.mutate.workspace import Mutant, Workspace

CODE = """
def allow(role):
    if role != "admin":
        raise PermissionError(role)


def act(role, log):
    allow(role)
    log.append("acted")
    return len(log)
"""
TESTS = """
import pytest
from core.gate.gate import act

def test_it_acts():
    assert act("admin", []) == 1
"""

REFUSED = """
def test_it_refuses():
    with pytest.raises(PermissionError, match="viewer"):
        act("viewer", [])
"""


def test_each_room_brings_its_own_tests() -> None:
    rooms = {room.name: room for room in rooms_of([], ROOT)}
    assert sorted(rooms) == sorted(path.removeprefix("core/") for path in ALWAYS)
    assert rooms["api"].tests == ("tests/unit/api", "tests/api")
    assert rooms["loop"] == rooms_of(["core/loop"], ROOT)[0]
    named = rooms_of(["core/auth/tokens.py", str(ROOT / "core" / "auth" / "users.py")], ROOT)
    assert [room.patterns for room in named] == [("core/auth/tokens.py", "core/auth/users.py")]
    for path in ("tests/unit", "core", "core/nowhere"):
        with pytest.raises(ValueError, match="no file or folder of core"):
            rooms_of([path], ROOT)


def test_a_sample_is_spread_over_the_rooms_and_the_same_every_time() -> None:
    names = {"large": [f"l{number}" for number in range(700)], "small": [f"s{number}" for number in range(299)]}
    drawn = sampling.stratified(names, 100, 8)
    assert {room: len(set(found)) for room, found in drawn.items()} == {"large": 70, "small": 30}
    assert drawn == sampling.stratified({room: names[room][::-1] for room in ("small", "large")}, 100, 8)
    assert drawn != sampling.stratified(names, 100, 9)
    assert sampling.stratified(names, 5000, 8) == {room: sorted(found) for room, found in names.items()}


def test_the_report_has_the_rate_and_every_survivor() -> None:
    lived = Mutant("core.a.x_f__mutmut_1", "core/a.py", "survived", "--- a\n+++ b\n@@ -1,2 +1,2 @@\n x\n-old\n+new\n y")
    killed = [Mutant(f"core.a.x_f__mutmut_{number}", "core/a.py", "killed", "") for number in range(9)]
    text = "\n".join(report({"a": [lived, *killed]}, 40))
    assert "10 of 40 mutants" in text
    assert "| a | 10 | 9 | 90.0% | 59.6% to 98.2% |" in text
    assert "core/a.py\n x\n-old\n+new\n```" in text


def test_the_command_hands_over_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(testing.subprocess, "call", lambda command, **_: called.append(command) or 0)
    assert main(["mutate", "core/auth", "--sample", "9"]) == 0
    assert called == [[sys.executable, "-m", "tools.mutate", "core/auth", "--sample", "9"]]


@pytest.mark.skipif(sys.platform == "win32", reason="mutmut forks")
def test_a_run_finds_what_no_test_notices_and_forgets_it_once_one_does(tmp_path: Path) -> None:
    """The check of the role can go, as nobody asks for it: the fault that mutmut alone would not make."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "tools", tree / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in (
        ("core/__init__.py", ""),
        ("core/gate/__init__.py", ""),
        ("core/gate/gate.py", CODE),
        ("tests/unit/gate/test_gate.py", TESTS),
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
    ):
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    space = Workspace(rooms_of(["core/gate"], tree)[0], tmp_path / "copy", tree)

    def survivors() -> set[str]:
        space.refresh()
        names = space.make()
        assert names and all(name.startswith("core.gate.gate.") for name in names)
        space.run(space.open_of(names), 2)
        return {one.diff.split("\n-")[1].split("\n")[0].strip() for one in space.outcome(names) if not one.noticed}

    found = survivors()
    assert "allow(role)" in found
    assert "raise PermissionError(role)" in found
    assert "return len(log)" not in found
    test = tree / "tests/unit/gate/test_gate.py"
    test.write_text(TESTS + REFUSED, encoding="utf-8")
    assert not {"allow(role)", "raise PermissionError(role)"} & survivors()
    assert (tree / "core/gate/gate.py").read_text(encoding="utf-8") == CODE
