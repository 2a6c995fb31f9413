"""What reports are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reporting_story import tell_story


@pytest.fixture
def story(mlflow_store: Path) -> None:
    tell_story()
