"""The object store of ``SHIFUMI_LAKE_URL``, through fsspec: an S3 bucket, a mounted share, any fsspec file system.

An object store's put is atomic; on a file system a temporary name and a rename make it so.
fsspec is imported inside the functions: installations without an object store never load it.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from core.config.logs import redact
from core.config.settings import Settings

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_CONNECT_S = 3.0
_LOCAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_SILENT_S = 5.0
"""After a failure, requests fail immediately for that long: a page of twenty images waits for one timeout."""


class ObjectStoreError(RuntimeError):
    """The object store does not respond, rejects access or lacks its bucket; the message says what to do."""


class ObjectMissingError(ObjectStoreError):
    """The object store responds, but has no such file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored file: its name within the bucket, its size in bytes, when it was written (seconds since the epoch)."""

    name: str
    bytes: int
    modified: float


@dataclass(frozen=True, slots=True)
class Address:
    """URL and credentials of the store. None means the default of that kind of store."""

    url: str
    timeout_s: float
    endpoint: str | None = None
    region: str | None = None
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Address | None:
        """The store of the settings; None when files stay in the data folder."""
        if settings.lake_url is None:
            return None
        shown = [settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token]
        keys = [value.get_secret_value() if value else None for value in shown]
        endpoint, region = settings.aws_endpoint_url, settings.aws_default_region
        return cls(settings.lake_url.rstrip("/"), settings.lake_timeout_s, endpoint, region, *keys)

    def options(self) -> dict[str, Any]:
        """Options for fsspec besides the URL."""
        plain: dict[str, Any] = {"skip_instance_cache": True, "use_listings_cache": False}
        if not self.url.startswith(("s3://", "s3a://")):
            return plain
        calls = {"connect_timeout": _CONNECT_S, "read_timeout": self.timeout_s, "retries": {"total_max_attempts": 2}}
        client = {"region_name": self.region} if self.region else {}
        own = {"key": self.key, "secret": self.secret, "token": self.token, "endpoint_url": self.endpoint}
        known = {name: value for name, value in own.items() if value}
        return plain | known | {"config_kwargs": calls, "client_kwargs": client}


class ObjectStore:
    """One object store. Every method raises :class:`ObjectStoreError`; use :func:`remote_for` to get one."""

    def __init__(self, address: Address) -> None:
        self.url = redact(address.url)
        self._silent_until = 0.0
        self._why = ""
        self._fs, self._root = self._open(address)
        self._is_folder = "file" in self._protocols()

    def _open(self, address: Address) -> tuple[AbstractFileSystem, str]:
        import fsspec

        try:
            fs, root = fsspec.core.url_to_fs(address.url, **address.options())
        except (ValueError, ImportError, OSError) as error:
            raise ObjectStoreError(
                f"SHIFUMI_LAKE_URL={redact(address.url)} cannot be used: {_first_line(error)}"
            ) from error
        if hasattr(fs, "retries"):
            fs.retries = 1  # botocore retries already; s3fs's five attempts on top would block a page for minutes
        return fs, root.rstrip("/")

    def _protocols(self) -> tuple[str, ...]:
        protocol = self._fs.protocol
        return (protocol,) if isinstance(protocol, str) else tuple(protocol)

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    def put(self, source: Path, key: str) -> None:
        """Store a finished local file under ``key``, atomically, replacing an existing file."""
        with self._explained(f"{key} could not be stored"):
            if self._is_folder:
                _copy_whole(source, Path(self._at(key)))
            else:
                self._fs.put_file(str(source), self._at(key))

    def get(self, key: str, target: Path) -> None:
        """Copy a stored file to ``target``. Raises :class:`ObjectMissingError` when it is not in the store."""
        with self._explained(f"{key} could not be fetched"):
            try:
                self._fs.get_file(self._at(key), str(target))
            except FileNotFoundError as error:
                self._require_root()
                raise ObjectMissingError(f"{key} is missing from {self.url}.") from error

    def exists(self, key: str) -> bool:
        """Whether the file is in the store. A store that does not respond raises."""
        with self._explained(f"{key} could not be looked for"):
            found = bool(self._fs.exists(self._at(key)))
            if not found:
                self._require_root()
            return found

    def remove(self, key: str) -> None:
        """Delete a file; a missing one is fine."""
        with self._explained(f"{key} could not be removed"):
            try:
                self._fs.rm_file(self._at(key))
            except FileNotFoundError:
                self._require_root()

    def move(self, key: str, target: str) -> None:
        """Give a file another key; on S3 a copy, then a deletion."""
        with self._explained(f"{key} could not be moved"):
            if self._is_folder:
                Path(self._at(target)).parent.mkdir(parents=True, exist_ok=True)
            self._fs.mv(self._at(key), self._at(target))

    def listing(self, bucket: str) -> Iterator[Entry]:
        """Every file below ``bucket``; on S3 one request per thousand."""
        prefix = self._at(bucket)
        with self._explained(f"{bucket} could not be listed"):
            found = self._fs.find(prefix, detail=True)
            if not found:
                self._require_root()
        for path, facts in found.items():
            yield Entry(path.removeprefix(prefix).lstrip("/"), int(facts["size"]), _modified(facts))

    def reach(self) -> None:
        """A cheap check: does the store respond, and does the bucket exist?"""
        with self._explained("It could not be reached"):
            self._require_root()

    def check(self) -> None:
        """Write, read and delete a small file."""
        key = f".check-{uuid4().hex}"
        with self._explained("A file could not be written, read and deleted"):
            self._require_root()
            self._fs.pipe_file(self._at(key), b"shifumi")
            if self._fs.cat_file(self._at(key)) != b"shifumi":
                raise ObjectStoreError(f"{self.url} returns other content than was written.")
            self._fs.rm_file(self._at(key))

    def _require_root(self) -> None:
        """Distinguish a missing file from a missing bucket or share, which must not look like an empty one."""
        root = self._root if self._is_folder else self._root.split("/", 1)[0]
        if not self._fs.exists(root):
            raise ObjectStoreError(
                f"{self.url} does not exist: create the bucket or folder {root}, or correct SHIFUMI_LAKE_URL."
            )

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        if time.monotonic() < self._silent_until:
            raise ObjectStoreError(self._why)
        try:
            yield
        except ObjectStoreError:
            raise
        except PermissionError as error:
            raise ObjectStoreError(
                f"{what}: {self.url} denies access ({_first_line(error)}). Check AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY and their permissions, or the permissions of the folder."
            ) from error
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _LOCAL:
                raise ObjectStoreError(f"{what}: this machine's disk does not take it ({error.strerror}).") from error
            self._why = (
                f"{what}: {self.url} does not respond as expected ({_first_line(error)}). Check SHIFUMI_LAKE_URL and "
                "AWS_ENDPOINT_URL; `python3 manage.py doctor` tries them."
            )
            if not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError):
                self._silent_until = time.monotonic() + _SILENT_S
            raise ObjectStoreError(self._why) from error


def _copy_whole(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{uuid4().hex}.tmp")
    try:
        shutil.copyfile(source, temporary)
        fsync_and_rename(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def fsync_and_rename(temporary: Path, final: Path) -> None:
    """Rename a finished file so that a power cut leaves the complete file or none."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    if os.name == "posix":  # Windows cannot open a folder; its rename is journalled
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _modified(facts: dict[str, Any]) -> float:
    when = facts.get("LastModified", facts.get("mtime", facts.get("created", time.time())))
    return float(when) if isinstance(when, int | float) else float(when.timestamp())


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def object_store_for(settings: Settings) -> ObjectStore | None:
    """The object store of the settings; None when files stay in the data folder. Raises :class:`ObjectStoreError`."""
    address = Address.of(settings)
    # A forked process must not reuse its parent's connections and event loop.
    return None if address is None else _remote(address, os.getpid())


@lru_cache(maxsize=4)
def _remote(address: Address, _process: int) -> ObjectStore:
    return ObjectStore(address)
