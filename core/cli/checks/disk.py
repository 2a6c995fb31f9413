"""The disk of the data folder: a suitable file system, with free inodes."""

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
    """Only problems: SQLite on a network disk, or no free inodes although bytes are free."""
    folder = settings.data_dir
    if not folder.is_dir():
        return
    kind = kind_of(folder)
    if sqlite_file(settings.catalog_url) is not None and kind.startswith(_OVER_THE_NETWORK):
        yield problem(
            f"{folder} is on a network disk ({kind}), where SQLite's locks are unreliable: the catalog may be damaged",
            "Move it to a local disk with SHIFUMI_DATA_DIR, or use PostgreSQL (SHIFUMI_DATABASE_URL).",
        )
    free = free_files(folder)
    if free is not None and free < _LEAST_FILES:
        yield warning(
            f"The disk of {folder} has room for only {free:,} more files (inodes), whatever bytes are free",
            "Delete folders with many small files, such as old caches, or move the data folder with SHIFUMI_DATA_DIR.",
        )


def kind_of(folder: Path) -> str:
    """The file system's name, such as "ext4" or "nfs4"; empty when the system does not say."""
    place = folder.resolve()
    mounts = {Path(one.mountpoint): one.fstype for one in psutil.disk_partitions(all=True)}
    return next((mounts[parent] for parent in (place, *place.parents) if parent in mounts), "")


def free_files(folder: Path) -> int | None:
    """How many more files fit; None where the file system creates inodes as needed."""
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else None
