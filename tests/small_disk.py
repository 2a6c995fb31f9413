"""A real file system of a few megabytes, to be filled or made read-only: a tmpfs, which only root may mount."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.catalog.engine import get_engine
from core.config.settings import Settings, get_settings


class SmallDisk:
    """``folder`` is where it is mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free meanwhile."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Mounted read-only meanwhile; nothing may have a file open for writing when it begins."""
        self._mount("remount,ro")
        try:
            yield
        finally:
            self._mount("remount,rw")

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-o", options, str(self.folder)], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """32 megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def data_on_small_disk(
    small_disk: SmallDisk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SmallDisk]:
    """The small disk, with the data folder on it."""
    catalog = settings.data_dir / "catalog.db"
    monkeypatch.setenv("SHIFUMI_DATA_DIR", str(small_disk.folder / "data"))
    get_settings.cache_clear()
    get_settings().make_folders()
    shutil.copyfile(catalog, get_settings().data_dir / "catalog.db")
    yield small_disk
    get_engine().dispose()
