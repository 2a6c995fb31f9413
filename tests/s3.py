"""A real server of the S3 protocol (moto's) for tests, and a bucket in it that the settings name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from core.config.settings import Settings, get_settings

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that lives as long as the session."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield address_of(server)
    server.stop()


def address_of(server: ThreadedMotoServer) -> str:
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def make_bucket(endpoint: str) -> str:
    """A bucket that no other test uses."""
    name = f"shifumi-{next(_numbers)}"
    client(endpoint).mkdir(name)
    return name


def client(endpoint: str) -> fsspec.AbstractFileSystem:
    """Somebody else who looks into the buckets of a server, and changes what is there."""
    keys = {"key": "tester", "secret": "not-a-secret"}
    return fsspec.filesystem("s3", endpoint_url=endpoint, skip_instance_cache=True, use_listings_cache=False, **keys)


def use_bucket(monkeypatch: pytest.MonkeyPatch, endpoint: str, url: str) -> Settings:
    """Point the settings at ``url``, as a person would: with the usual variables."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("SHIFUMI_LAKE_URL", url)
    get_settings.cache_clear()
    return get_settings()


@pytest.fixture
def lake_on_s3(s3_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """``SHIFUMI_LAKE_URL`` of this test: an empty bucket with a prefix."""
    url = f"s3://{make_bucket(s3_server)}/lake"
    use_bucket(monkeypatch, s3_server, url)
    return url
