"""The data contract of rows: what a dataset has to satisfy before anything is learnt from it or judged by it.

Absolute checks (:mod:`contract_values`) always; against the last good datasets of the workload units
(:mod:`contract_scale`), noise (:mod:`contract_noise`) and exchanged answers (:mod:`contract_swap`). Each has a level
and an effect size: significant but small differences pass, and so do large ones that chance explains. A moderate
covariate shift and a boundary that turned are no findings: they are what the loop is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog.tables import Dataset
from core.workloads.contract import Finding
from core.workloads.predictors import predicted
from core.workloads.rows import contract_values as values
from core.workloads.rows.contract_noise import MORE_ERRORS, noisy_labels, noisy_targets
from core.workloads.rows.contract_rows import Floats, Rows, Schema, read, read_references
from core.workloads.rows.contract_scale import constant, other_units
from core.workloads.rows.contract_swap import Known, swapped_labels, turned_target
from core.workloads.rows.fresh_fit import fitted, fresh_fit

CHAMPION, FITTED = "champion", "last-dataset-model"
_LEAST_ROWS = 50


def contract(
    dataset: Dataset, references: Sequence[Dataset], predictor: Any | None, schema: Schema
) -> Sequence[Finding]:
    """Read and check a dataset. ``predictor`` is the champion, if there is one.

    Raises :class:`core.storage.lake.LakeError`.
    """
    return findings(read(dataset, schema), read_references(references, schema), predictor, schema)


def findings(rows: Rows, references: Sequence[Rows], predictor: Any | None, schema: Schema) -> list[Finding]:
    """What is wrong with ``rows``. ``references``: samples of the last good datasets, the newest one first."""
    found = list(values.not_finite(rows, schema))
    rows = rows.where(rows.finite)
    if schema.task == "regression":
        found += values.useless_target(rows)
    else:
        found += values.unknown_labels(rows, schema)
        rows = rows.where(values.known_labels(rows, schema))
        found += values.missing_classes(rows, schema)
    found += values.copies(rows, references)
    if not len(rows.answers):
        return found
    found += constant(rows, references, schema)
    found += other_units(rows, references, schema)
    return [*found, *_of_answers(rows.sampled(), references, predictor, schema, found)]


def _of_answers(
    rows: Rows, references: Sequence[Rows], predictor: Any | None, schema: Schema, so_far: Sequence[Finding]
) -> Iterator[Finding]:
    """Noise and exchanged answers: a fit needs enough rows of everything."""
    codes = {one.message.code for one in so_far}
    useless = {"contract.missing_classes", "contract.empty_split", "contract.constant_target"}
    if codes & useless or len(rows.answers) < _LEAST_ROWS or (predictor is None and not references):
        return
    if schema.task == "regression":
        yield from _of_targets(rows, references, predictor, schema, codes)
    else:
        yield from _of_labels(rows, references, predictor, schema)


def _of_labels(rows: Rows, references: Sequence[Rows], predictor: Any | None, schema: Schema) -> Iterator[Finding]:
    if predictor is not None and _right(rows, predictor, schema) >= 1 - MORE_ERRORS:
        return  # whoever is so often right met neither noise nor exchanged labels: nothing needs to be fitted
    fresh = fresh_fit(rows, regression=False)
    for known in _known(references, predictor, schema):
        if exchanged := list(swapped_labels(rows, fresh, known, schema)):
            yield from exchanged
            break
    yield from noisy_labels(rows, fresh, references, schema)


def _right(rows: Rows, predictor: Any, schema: Schema) -> float:
    champion = next(_known((), predictor, schema), None)
    return float((champion.answers(rows.features) == rows.answers).mean()) if champion else 0.0


def _of_targets(
    rows: Rows, references: Sequence[Rows], predictor: Any | None, schema: Schema, codes: set[str]
) -> Iterator[Finding]:
    fresh = fresh_fit(rows, regression=True)
    for known in _known(references, predictor, schema):
        if exchanged := list(turned_target(rows, fresh, known, schema)):
            yield from exchanged
            return
    if not codes & {"contract.rescaled", "contract.shifted"}:  # another unit would only be found once more
        yield from noisy_targets(fresh, rows, references)


def _known(references: Sequence[Rows], predictor: Any | None, schema: Schema) -> Iterator[Known]:
    """The champion, and a model of the newest reference: the champion may be older than the world it serves."""
    regression = schema.task == "regression"
    if predictor is not None and (regression or set(predictor.classes) <= set(schema.classes)):
        yield Known(CHAMPION, predictor.values if regression else _classes_of(predictor, schema))
    if references and _learnable(references[0], schema):
        newest = references[0]
        yield Known(FITTED, fitted(newest, fresh_fit(newest, regression=regression)).predict)


def _learnable(rows: Rows, schema: Schema) -> bool:
    if schema.task == "regression":
        return len(rows.answers) >= _LEAST_ROWS
    counts = np.bincount(rows.answers.astype(np.int64), minlength=len(schema.classes))
    return bool((counts >= sum(values.LEAST.values())).all())


def _classes_of(predictor: Any, schema: Schema) -> Any:
    """The predictor's answers as indices into the schema's classes."""
    places = np.array([schema.classes.index(name) for name in predictor.classes])

    def answers(features: Floats) -> NDArray[np.int64]:
        return np.asarray(places[predicted(predictor.probabilities(features))], dtype=np.int64)

    return answers
