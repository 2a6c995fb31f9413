"""One step of mutmut inside a copy of the tree; a process of its own, for mutmut keeps its state in globals.

python -m tools.mutate.engine make                  write the mutants; their names are in mutants/**/*.meta
python -m tools.mutate.engine run NAMES CHILDREN    run the tests against the mutants that the file NAMES lists
python -m tools.mutate.engine tell NAMES OUT        write what became of them to the file OUT, as JSON
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.mutate import operators


def _mutmut() -> Any:
    """mutmut's program; loaded by name, for it exports nothing to type checkers."""
    return import_module("mutmut.__main__")


def make(children: int) -> None:
    """Write ``mutants/``: the tree, with every mutant of a function beside it."""
    mutmut = _mutmut()
    mutmut.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.create_mutants(children)


def run(names: list[str], children: int) -> None:
    """Run the covering tests of each mutant, quickest first; the outcome lies in ``mutants/**/*.meta``."""
    from mutmut.state import state

    mutmut = _mutmut()
    # mutmut has no options for these three: the order of the tests, and two runs of all of them that show nothing new.
    pytest_runner: Any = import_module("mutmut.runners.harness").PytestRunner
    fork_runner: Any = import_module("mutmut.workers.isolation").ForkRunner

    def quickest_first(self: Any, tests: Iterable[str]) -> list[str]:
        known = state().duration_by_test
        chosen = sorted(tests, key=lambda test: known.get(test, 0.0)) or self._pytest_add_cli_args_test_selection
        return ["-x", "-q", *chosen]

    def once_is_enough(check: Callable[..., Any]) -> Callable[..., Any]:
        """The first run, which notes who covers what, has shown that the tests pass without a mutant."""
        return check if Path("mutants/mutmut-stats.json").exists() else lambda *_, **__: 0

    pytest_runner._pytest_args_regular_run = quickest_first
    fork_runner.run_clean_tests = once_is_enough(fork_runner.run_clean_tests)
    mutmut.run_forced_fail_test = lambda _runner: None
    mutmut._run(names, children)


def tell(names: Iterable[str]) -> list[dict[str, str]]:
    """What became of each mutant: ``name``, ``path``, ``status`` and, unless it was killed, its ``diff``."""
    from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    told = []
    for name in names:
        found = find_mutant(name)
        status = status_by_exit_code[found.exit_code_by_key[name]]
        diff = "" if status == "killed" else get_diff_for_mutant(name, path=found.path)
        told.append({"name": name, "path": str(found.path), "status": status, "diff": diff})
    return told


def main(arguments: list[str]) -> None:
    operators.install()
    step, children = arguments[0], os.cpu_count() or 2
    if step == "make":
        make(children)
        return
    names = Path(arguments[1]).read_text(encoding="utf-8").split()
    if step == "run":
        run(names, int(arguments[2]))
    else:
        Path(arguments[2]).write_text(json.dumps(tell(names)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
