"""The pieces of tools/pictures.py that need no running product."""

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.config.settings import ROOT
from core.ui.shell.navigation import PAGES
from tools.pictures import MOST_BYTES, save, trimmed
from tools.views import SHOTS


def test_the_empty_lower_part_goes_and_the_sidebar_does_not_keep_it() -> None:
    rows = np.full((1000, 200, 3), 250, np.uint8)
    rows[:, :50] = 200  # a sidebar of its own colour, all the way down
    rows[100:301, 80:90] = 0
    assert trimmed(Image.fromarray(rows)).size == (200, 348)


def test_a_full_picture_is_not_trimmed() -> None:
    rows = np.zeros((100, 20, 3), np.uint8)
    rows[98] = 255
    assert trimmed(Image.fromarray(rows)).size == (20, 100)


def test_a_picture_with_too_many_colours_still_fits(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    assert len(buffer.getvalue()) > MOST_BYTES
    save(buffer.getvalue(), tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size < MOST_BYTES


def test_every_page_has_its_picture() -> None:
    assert {shot.name for shot in SHOTS} == {entry.url_path for entry in PAGES}
    for entry in PAGES:
        assert (ROOT / "docs" / "pictures" / f"{entry.url_path}.png").is_file()


@pytest.mark.parametrize("path", sorted((ROOT / "tools").glob("*.py")), ids=lambda path: path.stem)
def test_tools_do_without_the_tests(path: Path) -> None:
    assert not re.search(r"^\s*(?:from|import) tests\b", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_pictures_to_look_at_never_land_among_the_documentation() -> None:
    command = [sys.executable, "-m", "tools.pictures", "--all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "--out" in done.stderr
