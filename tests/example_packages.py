"""The example packages of ``docs/examples``, really installed: by pip into a folder, found by their entry points.

A plug-in of pytest. Tests ask for ``installed``; processes that they start get :func:`path_of_processes`.
:func:`example` only imports a module, for tests of its parts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pytest

from core.auth.roles import SYSTEM
from core.catalog.tables import Dataset
from core.config.progress import silent
from core.config.settings import ROOT
from core.images import labels
from core.loop import decisions, loop
from core.storage import datasets
from core.workloads import WORKLOADS, get_workload
from core.workloads.discovery import Workloads
from tests.members import add_portraits, make_members
from tests.once import once_per_run

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("shifumi-*"))
SPECIES, MASS, PHOTOS = NAMES = ("penguins", "penguin-mass", "photos")
"""Three classes on rows, a regression, and images with one's own labels."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip installed the packages; once for all workers of a run, it takes seconds."""
    return once_per_run(tmp_path_factory, "site-of-the-examples", _install)


def _install(folder: Path) -> None:
    """From copies: building leaves files beside the source."""
    with TemporaryDirectory() as copies:
        sources = [str(shutil.copytree(example, Path(copies) / example.name)) for example in EXAMPLES]
        how = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "install", *how, "--target", str(folder), *sources]
        subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has the packages, as one that starts with them."""
    for name in [name for name in sys.modules if name.startswith("shifumi_")]:
        monkeypatch.delitem(sys.modules, name)  # another test may have imported them from docs/examples
    len(WORKLOADS)  # it searches once, and would keep what is only here
    monkeypatch.syspath_prepend(str(site))
    found = Workloads(())
    assert set(found) >= set(NAMES), found.broken
    for name in NAMES:
        monkeypatch.setitem(WORKLOADS, name, found[name])  # type: ignore[arg-type]
    origin = import_module(type(get_workload(PHOTOS)).__module__).__file__ or ""
    assert Path(origin).is_relative_to(site), f"{origin} is not what pip installed"


def path_of_processes(site: Path) -> str:
    """``PYTHONPATH`` of a process that has the packages."""
    return f"{site}{os.pathsep}{ROOT}"


def generate(name: str, **choices: Any) -> Dataset:
    """A registered dataset, as the flow generate-dataset makes it."""
    workload = get_workload(name)
    parameters = workload.parameters.model_validate(choices)
    return datasets.register(workload.generate(parameters, silent), name, parameters.model_dump(mode="json"), SYSTEM)


def promoted(name: str, **choices: Any) -> None:
    """``name`` has a champion, the first one of a small dataset; photos have three members."""
    if name == PHOTOS and not labels.names(name):
        make_members(name)
        add_portraits(name, "train", 5)
        add_portraits(name, "holdout", 3)
    generate(name, **choices)
    assert loop.run_once(name).kind == decisions.PROMOTED


def example(package: str, module: str) -> ModuleType:
    """A module of the example package in ``docs/examples/<package>``."""
    folder = str(ROOT / "docs" / "examples" / package)
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(module)
