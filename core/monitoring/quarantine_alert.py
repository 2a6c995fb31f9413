"""One Discord message for each dataset that was quarantined."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.tables import Dataset
from core.config.messages import render
from core.config.settings import get_settings
from core.loop import contract
from core.monitoring.notify import RED, Embed, send
from core.monitoring.subjects import about_dataset
from core.workloads import get_workload


def announce_quarantined(newly: Sequence[Dataset]) -> None:
    """Tell about datasets that :func:`core.loop.contract.validate_new` just quarantined; never raises."""
    for dataset in newly:
        facts = {get_workload(dataset.workload).unit: f"{dataset.rows:,}", "created by": dataset.created_by}
        title = f"⛔ Dataset {dataset.id} quarantined: {dataset.workload}"
        base = get_settings().workbench_url
        embed = Embed(title, render(contract.in_words(dataset)), RED, facts, f"{base}/datasets" if base else "")
        send([embed], about_dataset(dataset.workload, dataset.id))
