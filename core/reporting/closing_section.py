"""The last sections: versions of the software, and the terms that the report uses."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from core import __version__
from core.catalog.revision import newest_revision
from core.config.glossary_terms import TERMS
from core.reporting.document import Block, Facts, Heading, texts

_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "duckdb",
    "sqlalchemy",
    "mlflow",
    "prefect",
    "skops",
    "torch",
    "ultralytics",
    "onnxruntime",
    "openvino",
    "matplotlib",
)


def software() -> list[Block]:
    """Of the installation that wrote the report, which need not be the one that decided."""
    facts = [
        ("Shifumi", __version__),
        ("Tables of the catalog", f"migration {newest_revision()}"),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
    ]
    return [Heading("Software"), Facts([*facts, *((name, _installed(name)) for name in _PACKAGES)])]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def terms(blocks: Sequence[Block]) -> list[Block]:
    """The glossary, reduced to the terms that occur in ``blocks``."""
    said = " ".join(texts(blocks)).casefold()
    used = [(term, meaning) for term, meaning in sorted(TERMS.items(), key=_by_name) if _occurs(term, said)]
    return [Heading("Glossary"), Facts(used)] if used else []


def _by_name(item: tuple[str, str]) -> str:
    return item[0].casefold()


def _occurs(term: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term.casefold())}(e?s)?(?!\w)", said) is not None
