"""What the benchmarks share."""

from collections.abc import Iterator

import pytest

# The trained model of the sidecar's tests serves here as well.
from tests.api.conftest import champion, models, secret  # noqa: F401
from tests.bench.table import Table


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    """Takes the rows; at the end of the run ``docs/benchmarks.md`` is brought up to date."""
    collected = Table()
    yield collected
    collected.write()
