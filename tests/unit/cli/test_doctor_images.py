"""The doctor sees when pictures and their files disagree, and sweeps only what nobody needs."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.auth.roles import SYSTEM
from core.cli.checks.images import check_images
from core.cli.checks.orphans import SWEEP_AFTER_S, Repair
from core.cli.doctor import examine
from core.cli.findings import Finding
from core.config.settings import Settings
from core.images import UPLOAD, store
from tests.pictures_of_hands import HANDS, picture


def examined(settings: Settings, *, fix: bool = False, deep: bool = False) -> tuple[Finding, Finding]:
    files, orphans = check_images(settings, Repair(fix), deep=deep)
    return files, orphans


@pytest.fixture
def image() -> store.Image:
    return store.add(SYSTEM, picture(1), HANDS, source=UPLOAD, session="s")


def make_old(file: Path) -> Path:
    then = time.time() - SWEEP_AFTER_S - 5
    os.utime(file, (then, then))
    return file


def test_all_is_well(settings: Settings, image: store.Image) -> None:
    files, orphans = examined(settings, deep=True)
    assert (files.level, files.text) == ("ok", "All 1 images have their files (contents)")
    assert (orphans.level, orphans.text) == ("ok", "No orphaned image files")


def test_a_lost_or_shortened_file_is_a_problem(settings: Settings, image: store.Image) -> None:
    store.file_path(image).write_bytes(b"short")
    assert examined(settings)[0].level == "problem"
    store.file_path(image).unlink()
    files = examined(settings)[0]
    assert files.level == "problem"
    assert image.sha256[:12] in files.text
    assert "delete those images on the Datasets page" in files.remedy


def test_a_changed_byte_is_seen_by_a_deep_look(settings: Settings, image: store.Image) -> None:
    data = bytearray(store.file_path(image).read_bytes())
    data[-3] ^= 1
    store.file_path(image).write_bytes(data)
    assert examined(settings)[0].level == "ok"
    assert examined(settings, deep=True)[0].level == "problem"


def test_only_old_files_without_a_picture_are_swept(settings: Settings, image: store.Image) -> None:
    make_old(store.file_path(image))
    old = [settings.images_dir / f"{'0' * 64}.jpg", settings.images_dir / ".abc.tmp"]
    young = settings.images_dir / f"{'1' * 64}.jpg"
    for file in (*old, young):
        file.write_bytes(b"x")
    for file in old:
        make_old(file)
    orphans = examined(settings)[1]
    assert (orphans.level, orphans.text.split(" ", 1)[0]) == ("warning", "2")
    assert "doctor --fix" in orphans.remedy
    assert all(file.exists() for file in old)
    assert examined(settings, fix=True)[1].text.startswith("Moved 2 orphaned image files")
    assert not any(file.exists() for file in old)
    assert {file.name for file in settings.lost_dir.glob("*/images/*")} == {file.name for file in old}
    assert young.exists() and store.file_path(image).exists()
    assert "1 being registered" in examined(settings)[1].text


def test_the_doctor_asks_all_this(settings: Settings, image: store.Image) -> None:
    store.file_path(image).unlink()
    found: Iterator[Finding] = examine(settings, Repair(), deep=False)
    assert any("a missing or damaged file" in finding.text for finding in found)
