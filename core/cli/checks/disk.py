"""The disk under the data folder: of a kind that databases can live on, and able to take more files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from core.catalog.revision import sqlite_file
from core.cli.findings import Finding, problem, warning
from core.config.settings import Settings

_OVER_THE_NETWORK = ("nfs", "cifs", "smb", "sshfs", "fuse.sshfs", "glusterfs", "ceph", "9p", "afs")
_LEAST_FILES = 10_000


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Only what is wrong: SQLite on a network disk, or no room for more files though there are free bytes."""
    folder = settings.data_dir
    if not folder.is_dir():
        return
    kind = kind_of(folder)
    if sqlite_file(settings.catalog_url) is not None and kind.startswith(_OVER_THE_NETWORK):
        yield problem(
            f"{folder} is on a network disk ({kind}), where SQLite's locks do not hold: the catalog can be damaged",
            "Move it to a local disk with SHIFUMI_DATA_DIR, or use PostgreSQL (SHIFUMI_DATABASE_URL).",
        )
    free = free_files(folder)
    if free is not None and free < _LEAST_FILES:
        yield warning(
            f"The disk of {folder} has room for {free:,} more files only, whatever bytes are free",
            "Delete folders with many small files there, such as old caches, or move the data with SHIFUMI_DATA_DIR.",
        )


def kind_of(folder: Path) -> str:
    """The file system's name, such as "ext4" or "nfs4"; empty when the system does not say."""
    place = folder.resolve()
    mounts = {Path(one.mountpoint): one.fstype for one in psutil.disk_partitions(all=True)}
    return next((mounts[parent] for parent in (place, *place.parents) if parent in mounts), "")


def free_files(folder: Path) -> int | None:
    """How many more files fit; None where the file system makes room as needed."""
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else None
