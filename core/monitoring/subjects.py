"""Subjects of messages in the delivery log."""

from __future__ import annotations

MOST_PER_DATASET = 2
"""Messages about one dataset: quarantined or alarm, and the decision."""


def about_dataset(workload: str, dataset_id: int) -> str:
    """ "NAME dataset 3"."""
    return f"{workload[:40]} dataset {dataset_id}"
