"""The samples behind a decision, read and predicted again on request: the catalog keeps figures, not samples.

A dataset's file never changes and neither does a registered model, so the result is what the check saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset, Decision
from core.config.messages import say
from core.loop.measuring import measure, new_as_a_whole
from core.models import registry
from core.storage import datasets, lake
from core.workloads import get_workload
from core.workloads.base import RightPerSample, Scores, Workload, feature_names

MOST_ROWS = 300_000
"""Larger datasets would take too long while somebody waits."""
_SAMPLE = 4_000

Columns = dict[str, NDArray[np.float64]]


class SamplesMissingError(LookupError):
    """The samples cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Discordant:
    """The samples of which exactly one model is right. ``columns``: feature → values, shape (n,), for rows;
    ``images``: SHA-256 of each, for images; ``won``, shape (n,): whether the challenger was right."""

    columns: Columns
    images: Sequence[str]
    won: NDArray[np.bool_]


def distributions(decision: Decision) -> tuple[Columns, Columns]:
    """Samples of the champion's training data and of the decision's dataset, feature → values.

    Raises :class:`SamplesMissingError`, :class:`core.storage.lake.LakeError` and
    :class:`core.models.registry.RegistryError`.
    """
    workload = _rows(decision)
    champion = registry.get_version(decision.workload, _needed(decision.champion_version))
    trained_on = [one for number in champion.trained_on if (one := datasets.get(number)) is not None]
    if not trained_on:
        raise SamplesMissingError(say("samples.no_reference", version=champion.version))
    names = feature_names(workload)
    before = [lake.read(one.path, names, "NOT holdout", limit=_SAMPLE) for one in trained_on]
    now = lake.read(_dataset(decision).path, names, limit=_SAMPLE)
    return {name: _finite(np.concatenate([one[name] for one in before])) for name in names}, {
        name: _finite(now[name]) for name in names
    }


def discordant(decision: Decision) -> Discordant:
    """Both models on the decision's dataset again. Raises what :func:`distributions` raises, and
    :class:`core.models.serving.ModelRefusedError`.
    """
    workload = get_workload(decision.workload)
    if workload.task != "classification" and not isinstance(workload, RightPerSample):
        raise SamplesMissingError(say("samples.no_right_and_wrong", task=workload.task))
    dataset = _dataset(decision)
    if dataset.rows > MOST_ROWS:
        raise SamplesMissingError(say("samples.too_many", rows=dataset.rows, most=MOST_ROWS))
    pair = [
        registry.get_version(decision.workload, _needed(number))
        for number in (decision.champion_version, decision.challenger_version)
    ]
    whole = all(new_as_a_whole(one, dataset) for one in pair)
    first, second = (_right(workload, measure(one, dataset, whole=whole)) for one in pair)
    differ = first != second
    columns, images = _named(workload, dataset, whole, differ)
    return Discordant(columns, images, second[differ])


def _right(workload: Workload, scores: Scores) -> NDArray[np.bool_]:
    if isinstance(workload, RightPerSample):
        return workload.right(scores)
    return np.asarray(scores.outcomes, np.bool_)


def _named(
    workload: Workload, dataset: Dataset, whole: bool, differ: NDArray[np.bool_]
) -> tuple[Columns, Sequence[str]]:
    """What is known of the differing samples. Rows of a file are always read in its order."""
    names = ("sha256",) if workload.data_kind == "images" else feature_names(workload)
    found: dict[str, NDArray[Any]] = lake.read(dataset.path, names, "TRUE" if whole else "holdout")
    if len(found[names[0]]) != len(differ):
        raise SamplesMissingError(say("samples.changed"))
    chosen = {name: found[name][differ] for name in names}
    if workload.data_kind == "images":
        return {}, [str(one) for one in chosen["sha256"]]
    return chosen, []


def _rows(decision: Decision) -> Workload:
    workload = get_workload(decision.workload)
    if workload.data_kind != "rows":
        raise SamplesMissingError(say("samples.no_rows"))
    return workload


def _dataset(decision: Decision) -> Dataset:
    found = datasets.get(decision.dataset_id) if decision.dataset_id is not None else None
    if found is None:
        raise SamplesMissingError(say("samples.no_dataset"))
    return found


def _needed(version: int | None) -> int:
    if version is None:
        raise SamplesMissingError(say("samples.one_model"))
    return version


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]
