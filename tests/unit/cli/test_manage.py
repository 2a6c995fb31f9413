"""manage.py: real environments in a folder of their own, with packages made on the spot (no index needed)."""

import ast
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import psutil
import pytest

import manage
from core.cli import process_trees
from core.config.settings import ROOT
from tests.waiting import wait_until

_COMMAND_LINE = """
import os, sys
print("arguments", sys.argv[1:], "pid", os.getpid(), "prefix", sys.prefix)
"""


def make_wheel(folder: Path, version: str) -> None:
    """The smallest wheel that pip accepts: one module, `tiny`."""
    folder.mkdir(exist_ok=True)
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tiny-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


def make_slow_source(folder: Path, gate: Path) -> None:
    """A source package whose build notes its process in `gate` and does not end while that file is there."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "slow"\nversion = "1"\n[build-system]\n'
        'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(
        "import os, pathlib, time\n"
        f"gate = pathlib.Path({str(gate)!r})\n"
        "def build_wheel(*_arguments, **_options):\n"
        "    gate.write_text(str(os.getpid()))\n"
        "    while gate.exists(): time.sleep(0.05)\n"
        "    raise SystemExit('stopped')\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder: manage.py, requirements that need no index, and a command line that tells what it got."""
    root = tmp_path / "project"
    (root / "core" / "cli").mkdir(parents=True)
    (root / "core" / "cli" / "__main__.py").write_text(_COMMAND_LINE)
    (root / "manage.py").write_bytes((ROOT / "manage.py").read_bytes())
    make_wheel(root / "wheels", "1.0")
    require(root, "tiny==1.0")
    return root


def require(root: Path, line: str) -> None:
    wheels = (root / "wheels").as_posix()
    (root / "requirements.txt").write_text(f"--no-index\n--find-links {wheels}\n{line}\n")


def call(root: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(root / "manage.py"), *arguments]
    env = os.environ | environment
    return subprocess.run(command, cwd=root.parent, env=env, capture_output=True, text=True, check=False)


def tiny_version(root: Path) -> str:
    question = [str(manage.Environment(root).python), "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(question, capture_output=True, text=True, check=True).stdout.strip()


def test_first_call_installs_later_ones_start_at_once_changes_are_followed(project: Path) -> None:
    first = call(project, "run", "--mlflow-ui")
    assert first.returncode == 0, first.stderr
    assert "Installing requirements.txt" in first.stdout and "Installed in" in first.stdout
    assert "arguments ['run', '--mlflow-ui']" in first.stdout
    assert f"prefix {project / '.venv'}" in first.stdout
    assert tiny_version(project) == "1.0"

    again = call(project, "doctor")
    assert again.stdout.startswith("arguments ['doctor']"), "nothing is said and nothing done before"

    make_wheel(project / "wheels", "2.0")
    require(project, "tiny==2.0")
    assert "Installing" in call(project, "run").stdout
    assert tiny_version(project) == "2.0"

    require(project, "no-such-package==9")
    failed = call(project, "run")
    assert failed.returncode == 1
    assert "no-such-package" in failed.stderr and "arguments" not in failed.stdout


@pytest.mark.parametrize("told", ["", "1"])
def test_modules_are_compiled_beforehand_only_where_python_may_not_keep_them(project: Path, told: str) -> None:
    assert call(project, "run", PYTHONDONTWRITEBYTECODE=told).returncode == 0
    assert bool(list((project / ".venv").glob("**/tiny.*.pyc"))) == bool(told)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_cut_off_installation_is_made_afresh(project: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    make_slow_source(tmp_path / "slow", gate)
    require(project, f"tiny==1.0\nslow @ {(tmp_path / 'slow').as_uri()}")
    process = subprocess.Popen([sys.executable, str(project / "manage.py"), "run"], stdout=subprocess.DEVNULL)
    environment = manage.Environment(project)
    try:
        wait_until(lambda: gate.exists() and gate.read_text(), timeout=60, what="pip at work")
        pip = process_trees.descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 143
        assert environment.marker.exists()
        assert not environment.ready([project / "requirements.txt"])
        gate.unlink()
        wait_until(lambda: not process_trees.living(pip), what="pip gone")
    finally:
        process_trees.kill_all(
            [*process_trees.descendants(process.pid), *map(psutil.Process, filter(psutil.pid_exists, [process.pid]))]
        )
        gate.unlink(missing_ok=True)
    (environment.folder / "half-written").touch()
    require(project, "tiny==1.0")
    assert "Creating a Python" in call(project, "run").stdout
    assert environment.ready([project / "requirements.txt"])
    assert not (environment.folder / "half-written").exists()


@pytest.mark.skipif(os.name != "posix", reason="exec exists on POSIX only")
def test_the_command_goes_on_in_the_same_process(project: Path) -> None:
    # Otherwise a SIGTERM to manage.py would leave the supervisor running.
    environment = manage.Environment(project)
    environment.folder.mkdir()
    environment.python.parent.mkdir()
    environment.python.symlink_to(sys.executable)
    program = (
        "import manage, sys; from pathlib import Path; manage.hand_over(manage.Environment(Path(sys.argv[1])), ['run'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(project)], cwd=project, stdout=subprocess.PIPE, text=True
    )
    output, _ = process.communicate(timeout=30)
    assert f"pid {process.pid} " in output


def test_help_and_unknown_commands_install_nothing(project: Path) -> None:
    shown = call(project)
    assert shown.returncode == 0
    assert all(f"manage.py {name}" in shown.stdout for name in manage.COMMANDS)
    refused = call(project, "rnu")
    assert refused.returncode == 2
    assert "'rnu'" in refused.stderr and "run" in refused.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("version", [(3, 8, 1), (3, 10, 0), (3, 14, 0), (4, 0, 0)])
def test_other_pythons_are_refused_in_plain_words(version: tuple[int, int, int]) -> None:
    problem = manage.version_problem(version)
    assert f"this one is {version[0]}.{version[1]}" in problem
    assert "3.11, 3.12 or 3.13" in problem


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1)])
def test_supported_pythons_pass(version: tuple[int, int, int]) -> None:
    assert manage.version_problem(version) == ""


def test_the_refusal_can_be_read_by_old_pythons() -> None:
    """A syntax newer than Python 3.7 would end in a SyntaxError instead of the message."""
    source = (ROOT / "manage.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    first_lines = source.split("if version_problem", 1)[0]
    assert " | " not in first_lines, "annotations are evaluated before the refusal"


def test_manage_py_imports_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "manage.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_too_little_disk_is_said_before_anything_is_downloaded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage, "NEEDED_DISK_GB", 1e9)
    with pytest.raises(manage.InstallError, match="GB are free"):
        manage._pip_install(Path(sys.executable), [project / "requirements.txt"])
