"""`manage.py test`: what it installs, what it says when it may not, and how it ends."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import programs, testing
from core.cli.__main__ import main
from core.cli.errors import CommandError

Calls = list[list[str]]
EVERYTHING = {program.debian for program in programs.PROGRAMS}


@pytest.fixture
def pytest_calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What would be handed to pytest; a pytest inside this one would test itself for ever."""
    calls: Calls = []

    def note(arguments: list[str]) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(testing, "_pytest", note)
    monkeypatch.setattr(programs, "missing", lambda *_: [])
    return calls


@pytest.mark.parametrize(
    ("arguments", "handed_on"),
    [
        (["test", "--no-lint"], ["tests", "--ignore=tests/bench", "--ignore=tests/proofs", *testing.PARALLEL]),
        (["test", "--no-lint", "--unit"], ["tests/unit", *testing.PARALLEL]),
        (["test", "--no-lint", "--unit", "-k", "login"], ["tests/unit", *testing.PARALLEL, "-k", "login"]),
        (["test", "--no-lint", "tests/unit/cli/test_commands.py", "-x"], ["tests/unit/cli/test_commands.py", "-x"]),
        (
            ["test", "--no-lint", "--", "--unit"],
            ["tests", "--ignore=tests/bench", "--ignore=tests/proofs", *testing.PARALLEL, "--unit"],
        ),
        (["bench"], ["tests/bench", "-s"]),
        (["prove"], ["tests/proofs", "-s", "--timeout=0"]),
        (["prove", "tests/proofs/test_load.py"], ["-s", "--timeout=0", "tests/proofs/test_load.py"]),
        (["bench", "-k", "predict"], ["tests/bench", "-s", "-k", "predict"]),
    ],
)
def test_everything_else_goes_to_pytest(arguments: list[str], handed_on: list[str], pytest_calls: Calls) -> None:
    assert main(arguments) == 0
    assert pytest_calls == [handed_on]


def test_a_failed_linter_fails_the_whole_and_shows_why(
    pytest_calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    linters = (("fine", ("-c", "pass")), ("strict", ("-c", "print('line 7 is bad'); raise SystemExit(3)")))
    monkeypatch.setattr(testing, "LINTERS", linters)
    assert main(["test"]) == 1
    captured = capsys.readouterr()
    assert "fine ... ok" in captured.out and "line 7 is bad" in captured.out
    assert "strict" in captured.err
    assert len(pytest_calls) == 1, "the tests run all the same"


def test_when_all_is_well_pytest_has_the_last_word(
    pytest_calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(testing, "LINTERS", (("fine", ("-c", "pass")),))
    monkeypatch.setattr(testing, "_pytest", lambda _arguments: print("1 passed in 0.1s") or 0)
    assert main(["test"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed in 0.1s"


@pytest.mark.parametrize("command", [name for name, _ in testing.LINTERS])
def test_each_linter_can_be_called(command: str) -> None:
    """Their command lines change between versions; asking for help proves ours still exist."""
    import subprocess

    [arguments] = [arguments for name, arguments in testing.LINTERS if name == command]
    tool = arguments[:2] if arguments[0] == "-m" else arguments
    asked = subprocess.run([sys.executable, *tool, "--help"], capture_output=True, check=False)
    assert asked.returncode == 0, asked.stderr


class Machine:
    """A machine on which programs appear when they are installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, root: bool) -> None:
        self.there: set[str] = set()
        self.done: list[str] = []
        wanted = tuple(replace(one, find=self._finder(one.debian)) for one in programs.PROGRAMS)
        monkeypatch.setattr(programs, "missing", lambda which=wanted: [one for one in which if one.find() is None])
        monkeypatch.setattr(programs, "can_use_apt", lambda: root)
        monkeypatch.setattr(programs, "chromium_is_a_snap", lambda: False)
        monkeypatch.setattr(programs, "apt_install", self._apt)
        monkeypatch.setattr(programs, "playwright_install", self._playwright)

    def _finder(self, name: str) -> Callable[[], Path | None]:
        return lambda: Path("/somewhere") / name if name in self.there else None

    def _apt(self, packages: list[str]) -> None:
        self.done.append(f"apt {' '.join(packages)}")
        self.there |= set(packages)

    def _playwright(self) -> None:
        self.done.append("playwright")
        self.there.add("chromium")


def test_root_on_debian_gets_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, root=True)
    machine.there = EVERYTHING - {"chromium", "caddy"}
    testing.bring_programs(allow_missing=False)
    assert machine.done == ["apt chromium caddy"]
    testing.bring_programs(allow_missing=False)
    assert machine.done == ["apt chromium caddy"], "nothing is installed twice"


def test_where_chromium_is_a_snap_playwright_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, root=True)
    machine.there = EVERYTHING - {"chromium", "postgresql", "libgl1"}
    monkeypatch.setattr(programs, "chromium_is_a_snap", lambda: True)
    testing.bring_programs(allow_missing=False)
    assert machine.done == ["apt postgresql libgl1", "playwright"]


def test_others_are_told_exactly_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, root=False)
    with pytest.raises(CommandError) as refusal:
        testing.bring_programs(allow_missing=False)
    assert machine.done == ["playwright"]
    assert "apt-get install postgresql" in str(refusal.value)
    assert "Chromium" not in str(refusal.value), "Playwright has brought it"
    testing.bring_programs(allow_missing=True)


def test_an_installer_that_fails_is_heard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Machine(monkeypatch, root=False)
    broken = [sys.executable, "-c", "print('no network'); raise SystemExit(1)"]
    monkeypatch.setattr(programs, "playwright_install", lambda: programs._call(broken, {}))
    with pytest.raises(CommandError, match="Chromium"):
        testing.bring_programs(allow_missing=False)
    assert "no network" in capsys.readouterr().err


def test_the_newest_postgresql_of_the_machine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("14", "15"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("initdb", "initdb.exe"):
            (folder / name).touch()
    monkeypatch.setattr(programs, "_POSTGRES_FOLDERS", ((str(tmp_path), "*/bin"),))
    monkeypatch.setenv("PATH", "")
    assert programs.find_postgres() == tmp_path / "15" / "bin"
