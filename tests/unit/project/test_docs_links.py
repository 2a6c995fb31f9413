"""Nothing in the documentation points into the void: links, anchors, pictures, files that are named."""

import re
import subprocess
from pathlib import Path

import pytest

from core.config.settings import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`((?:core|pages|flows|tests|tools|docs)/[\w./-]*|[\w-]+\.(?:py|md|toml|in|ini))`")
_MADE_LATER = {"core/workloads/awake.py"}
"""What the reader is asked to make."""


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown renderer gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(document: Path) -> None:
    for _, text, target in _LINK.findall(prose(document)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), f"[{text}]({target})"
        assert not anchor or anchor in anchors(found), f"[{text}]({target})"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.stem)
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = {name for name in _NAMED.findall(prose(document)) if "<" not in name}
    missing = {name for name in named - _MADE_LATER if not (ROOT / name).exists() and not _somewhere(name)}
    assert missing == set()


def _somewhere(name: str) -> bool:
    return "/" not in name and any((ROOT / folder).rglob(name) for folder in ("core", "docs", "tests"))


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.stem)
def test_every_picture_is_described_and_of_a_size_for_the_web(document: Path) -> None:
    for _, text, target in [link for link in _LINK.findall(prose(document)) if link[0]]:
        assert len(text) > 15, target
        assert (document.parent / target).stat().st_size < 300_000, target


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / target).resolve() for page in PAGES for _, _, target in _LINK.findall(prose(page))}
    assert set((ROOT / "docs" / "pictures").resolve().iterdir()) <= shown


def test_every_page_is_listed_in_the_readme() -> None:
    listed = {target for _, _, target in _LINK.findall(prose(ROOT / "README.md"))}
    assert {f"docs/{page.name}" for page in PAGES if page.parent.name == "docs"} <= listed


def test_nothing_of_one_machine_is_told() -> None:
    """Neither the maker's folders nor private package indexes."""
    files = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in files.split():
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(
            r"(?<![\w.])/(?:home|root|work|Users|tmp)/|--(?:extra-)?index-url|localhost:\d+/simple", text
        )
