"""The second try in CI: one, never silent, never many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.settings import ROOT
from tests.second_try import MOST

_FAILS_ONCE = """
import pathlib
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_fails_once(number, tmp_path_factory):
    seen = pathlib.Path(__file__).with_name(f"seen{{number}}")
    first = not seen.exists()
    seen.touch()
    assert not first, "the words of the first failure"

def test_as_it_is():
    assert {plain}
"""


def run(folder: Path, *, ci: bool, count: int = 1, plain: bool = True, workers: int = 0) -> tuple[int, str]:
    (folder / "test_it.py").write_text(_FAILS_ONCE.format(count=count, plain=plain), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | ({"CI": "true"} if ci else {})
    plugins = [f"-p{name}" for name in ("xdist.plugin", "pytest_rerunfailures", "tests.second_try")]
    command = [sys.executable, "-m", "pytest", *plugins, "-n", str(workers)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_in_ci_the_second_try_counts_and_the_first_failure_is_told(tmp_path: Path) -> None:
    code, said = run(tmp_path, ci=True, count=MOST)
    assert (code, f"{MOST} needed a second try" in said) == (0, True), said
    assert "the words of the first failure" in said


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    code, said = run(tmp_path, ci=False)
    assert (code, "1 failed, 1 passed" in said) == (1, True), said


def test_what_fails_twice_has_failed(tmp_path: Path) -> None:
    code, said = run(tmp_path, ci=True, plain=False)
    assert (code, "1 failed, 1 passed, 2 rerun" in said) == (1, True), said


def test_many_second_tries_fail_the_run(tmp_path: Path) -> None:
    code, said = run(tmp_path, ci=True, count=MOST + 1, workers=2)
    assert (code, "this run has failed" in said) == (1, True), said
