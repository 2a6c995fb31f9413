"""What the tests of jobs share."""

import pytest

from core.jobs import prefect_api
from tests.unit.jobs.wire import Wire


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(prefect_api, "_client_for", made.client)
    monkeypatch.setattr(prefect_api.time, "sleep", lambda _seconds: None)
    return made
