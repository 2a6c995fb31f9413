"""The example packages of ``docs/examples``, importable without being installed."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from core.config.settings import ROOT


def example(package: str, module: str) -> ModuleType:
    """A module of the example package in ``docs/examples/<package>``."""
    folder = str(ROOT / "docs" / "examples" / package)
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(module)
