"""The walls of the house: imports run one way, rooms stay small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from core.config.settings import ROOT

PYTHON_FILES = [path for folder in ("core", "pages", "flows") for path in (ROOT / folder).rglob("*.py")]


def test_imports_run_one_way() -> None:
    """The contracts are in pyproject.toml; import-linter holds them."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    "module", ["core.api.app", "core.jobs.jobs", "core.loop.loop", "core.models.registry", "core.monitoring.health"]
)
def test_light_modules_stay_light(module: str) -> None:
    """Long-lived processes import these: none may pull in what costs a second and 100 MB."""
    heavy = "{'mlflow', 'sklearn', 'prefect', 'streamlit', 'matplotlib', 'pandas'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert outcome.stdout.strip() == "[]", outcome.stdout + outcome.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_a_page_calls_the_guard_before_anything_else(path: Path) -> None:
    """Streamlit serves pages/*.py by URL before app.py ever ran: the guard is each page's own first act."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    acts = [n for n in body if not isinstance(n, ast.Import | ast.ImportFrom)]
    acts = [n for n in acts if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
    assert "guard(" in ast.unparse(acts[0])


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in PYTHON_FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= 60
        and "migrations" not in path.parts
    ]
    assert long == []


def test_the_loop_can_be_read_in_one_sitting() -> None:
    assert len((ROOT / "core" / "loop" / "loop.py").read_text(encoding="utf-8").splitlines()) < 200
