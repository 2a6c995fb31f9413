"""The data folder is part of the layout: it is in a clone, described, and nothing else of it is in the repository."""

import shutil
import subprocess

import pytest

from core.config.settings import ROOT, Settings

README = ROOT / "data" / "README.md"


def test_each_folder_that_is_made_is_described(settings: Settings) -> None:
    described = README.read_text(encoding="utf-8")
    for folder in settings.folders:
        name = folder.relative_to(settings.data_dir).parts[0]
        assert f"`{name}/`" in described, f"describe {name} in data/README.md"


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not in a clone")
def test_nothing_but_the_description_is_kept() -> None:
    kept = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert kept.split() == ["data/README.md"]
    ignored = subprocess.run(["git", "check-ignore", "-q", "data/catalog.db"], cwd=ROOT, check=False)
    assert ignored.returncode == 0
