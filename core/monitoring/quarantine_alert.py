"""One Discord message for each dataset that was quarantined."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.tables import Dataset
from core.config.messages import render
from core.loop import contract
from core.monitoring.notify import RED, send_discord_embed
from core.workloads import get_workload


def announce_quarantined(newly: Sequence[Dataset]) -> None:
    """Tell about datasets that :func:`core.loop.contract.validate_new` just quarantined; never raises."""
    for dataset in newly:
        send_discord_embed(
            f"⛔ Dataset {dataset.id} quarantined: {dataset.workload}",
            render(contract.in_words(dataset)),
            RED,
            {get_workload(dataset.workload).unit: f"{dataset.rows:,}", "created by": dataset.created_by},
        )
