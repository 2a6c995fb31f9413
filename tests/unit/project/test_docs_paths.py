"""Documents name files that exist, every page and every example package."""

import re
from pathlib import Path

import pytest

from core.config.settings import ROOT
from core.ui.shell.navigation import PAGES

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_PATH = re.compile(r"`((?:core|flows|pages|tools|tests|docs|deploy)/[\w./-]+)`")
_MADE_BY_READERS = {"core/workloads/awake.py", "tests/unit/<package>"}
"""Files that a document asks the reader to create."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_path_exists(document: Path) -> None:
    named = set(_PATH.findall(document.read_text(encoding="utf-8"))) - _MADE_BY_READERS
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_files_of_the_renderer_exist() -> None:
    page = (ROOT / "docs" / "hands.md").read_text(encoding="utf-8")
    table = page.split("| file | content |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+\.py)`", table)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "core" / "workloads" / "rps" / "render" / name).exists()] == []


def test_the_changelog_lists_the_pages() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^- Pages: (.+)\.$", text, re.MULTILINE)
    assert listed.split(", ") == [entry.title for entry in PAGES]


def test_the_readme_lists_the_example_packages() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| `docs/examples/` \|.*$", text, re.MULTILINE)
    assert {path.name for path in (ROOT / "docs" / "examples").glob("shifumi-*")} <= set(re.findall(r"`([\w-]+)`", row))
