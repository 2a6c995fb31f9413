"""The data contract of rows, noise: answers that no model explains as well as those of the last datasets.

A fresh model is fitted to each dataset, so a boundary that moved is no noise. Arrays in, findings out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import stats

from core.config.messages import say
from core.workloads.contract import LEVEL, Finding
from core.workloads.rows.contract_rows import Floats, Rows, Schema
from core.workloads.rows.fresh_fit import VERY_GOOD, FreshFit, fresh_fit

MORE_ERRORS = 0.10
"""By so much the error has to exceed that of every reference."""

_LEAST_ROWS, _LEAST_OF_CLASS = 100, 10
_SEED = 7


def noisy_labels(rows: Rows, fresh: FreshFit, references: Sequence[Rows], schema: Schema) -> Iterator[Finding]:
    """Errors of ``fresh``, fitted to ``rows``, against a fit to each reference: Fisher's exact test, one-sided.

    Of a reference as many rows of each class are drawn as give it the dataset's class shares, because rarer classes
    make fewer errors without any less noise.
    """
    wrong, size = int(fresh.losses.sum()), len(fresh.losses)
    if wrong / size <= MORE_ERRORS:
        return
    drawn = _with_shares(rows, references, len(schema.classes))
    usual = [fresh_fit(one, regression=False, enough=VERY_GOOD) for one in drawn]
    if not usual:
        return
    worst = max(usual, key=lambda one: one.loss)
    theirs, of = int(worst.losses.sum()), len(worst.losses)
    p_value = float(stats.fisher_exact([[wrong, size - wrong], [theirs, of - theirs]], "greater").pvalue)
    if fresh.loss - worst.loss > MORE_ERRORS and p_value < LEVEL:
        message = say("contract.noise", error=fresh.loss, reference=worst.loss, p=p_value)
        yield Finding(message, _bars(fresh.loss, [one.loss for one in usual]))


def noisy_targets(fresh: FreshFit, rows: Rows, references: Sequence[Rows]) -> Iterator[Finding]:
    """Absolute errors in units of the references' mean absolute deviation: Welch's t-test, one-sided."""
    if not references or len(rows.answers) < _LEAST_ROWS:
        return
    everything = np.concatenate([one.answers for one in references])
    deviation = _deviation(everything)
    if deviation == 0 or fresh.loss / deviation <= MORE_ERRORS:
        return
    usual = [fresh_fit(one, regression=True) for one in references if len(one.answers) >= _LEAST_ROWS]
    if not usual:
        return
    worst = max(usual, key=lambda one: one.loss)
    p_value = float(stats.ttest_ind(fresh.losses, worst.losses, equal_var=False, alternative="greater").pvalue)
    if (fresh.loss - worst.loss) / deviation > MORE_ERRORS and p_value < LEVEL:
        error, reference = fresh.loss / deviation, worst.loss / deviation
        message = say("contract.noise_target", error=error, reference=reference, p=p_value)
        yield Finding(message, _bars(error, [one.loss / deviation for one in usual]))


def _with_shares(rows: Rows, references: Sequence[Rows], classes: int) -> list[Rows]:
    """The references with the class shares of ``rows``; those that have too few rows for that are left out."""
    labels = rows.answers.astype(np.int64)
    shares = np.bincount(labels, minlength=classes) / len(labels)
    random = np.random.default_rng(_SEED)
    drawn = []
    for one in references:
        theirs = one.answers.astype(np.int64)
        counts = np.bincount(theirs, minlength=classes)[:classes]
        there = shares > 0
        size = int(np.min(counts[there] / shares[there]))
        wanted = (size * shares).astype(np.int64)
        if size >= _LEAST_ROWS and wanted[there].min() >= _LEAST_OF_CLASS:
            chosen = [random.choice(np.flatnonzero(theirs == label), wanted[label], False) for label in range(classes)]
            drawn.append(one.where(np.concatenate(chosen)))
    return drawn


def _bars(here: float, usual: Sequence[float]) -> dict[str, Any]:
    names = ["this dataset", *(f"{place + 1} before" for place in range(len(usual)))]
    return {"kind": "bars", "names": names, "values": [here, *usual], "title": "error of a model fitted to it"}


def _deviation(targets: Floats) -> float:
    """Mean absolute deviation from the median."""
    return float(np.abs(targets - np.median(targets)).mean())
