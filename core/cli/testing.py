"""`manage.py test`, `bench` and `prove`: install requirements, lint, and run pytest."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from core.cli import programs
from core.cli.errors import CommandError
from core.config.settings import ROOT

_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
LINTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ruff check", ("-m", "ruff", "check")),
    ("ruff format", ("-m", "ruff", "format", "--check")),
    ("mypy", ("-m", "mypy")),
    ("import rules", ("-c", _LINT_IMPORTS)),
)

# Three at a time on any machine: much of the suite waits for servers, and each worker may run a whole stack.
# A file runs in one worker, because its tests share servers, in the order of tests/file_order.py.
PARALLEL = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def test(pytest_arguments: Sequence[str], *, unit: bool, lint: bool, allow_missing: bool) -> int:
    """Run all checks; returns the exit code. Raises :class:`CommandError` when a program is missing."""
    if not unit:
        bring_programs(allow_missing)
    failed = [name for name, command in LINTERS if not _passes(name, command)] if lint else []
    named = any("tests" in argument and not argument.startswith("-") for argument in pytest_arguments)
    everything = ["tests/unit"] if unit else ["tests", "--ignore=tests/bench", "--ignore=tests/proofs"]
    code = _pytest([*([] if named else [*everything, *PARALLEL]), *pytest_arguments])
    if failed:
        print(f"\nFailed, see above: {', '.join(failed)}.", file=sys.stderr)
    return code or (1 if failed else 0)


def bench(pytest_arguments: Sequence[str]) -> int:
    """Run the benchmarks; returns pytest's exit code."""
    return _pytest(["tests/bench", "-s", *pytest_arguments])


def prove(pytest_arguments: Sequence[str]) -> int:
    """Run the long system tests, or those given; returns pytest's exit code."""
    named = any("tests" in argument and not argument.startswith("-") for argument in pytest_arguments)
    return _pytest([*([] if named else ["tests/proofs"]), "-s", "--timeout=0", *pytest_arguments])


def mutate(arguments: Sequence[str]) -> int:
    """Run ``tools.mutate`` with these arguments; returns its exit code."""
    return subprocess.call([sys.executable, "-m", "tools.mutate", *arguments], cwd=ROOT)


def bring_programs(allow_missing: bool) -> None:
    """Install the programs that the tests use, or say what to install. Raises :class:`CommandError`."""
    wanted = programs.missing()
    if not wanted:
        return
    print(f"Missing for the tests: {', '.join(program.name for program in wanted)}.", flush=True)
    try:
        _install(wanted)
    except programs.InstallFailedError as error:
        print(error, file=sys.stderr)
    if (left := programs.missing(wanted)) and not allow_missing:
        lines = [
            f"  {one.name}, for {one.purpose}: `sudo apt-get install {one.debian}` on Debian; else {one.elsewhere}"
            for one in left
        ]
        raise CommandError(
            "Install first:\n" + "\n".join(lines) + "\n\n"
            "`--allow-missing` skips the tests that need them; `--unit` runs unit tests only."
        )


def _install(wanted: Sequence[programs.Program]) -> None:
    chromium = next((one for one in wanted if one.debian == "chromium"), None)
    packages = [one.debian for one in wanted if one is not chromium or not programs.chromium_is_a_snap()]
    if programs.can_use_apt() and packages:
        print(f"Installing {', '.join(packages)} with apt-get ...", flush=True)
        programs.apt_install(packages)
    if chromium and chromium.find() is None:
        print("Downloading Chromium with Playwright ...", flush=True)
        programs.playwright_install()


def _passes(name: str, command: Sequence[str]) -> bool:
    print(f"{name} ... ", end="", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print("ok" if done.returncode == 0 else "FAILED", f"({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _pytest(arguments: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT)
