"""What the unit layer shares."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """Commands tighten it for their whole process; here that process goes on with other tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)
