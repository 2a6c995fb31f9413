"""The data contract of rows, values: finite, known labels, all classes, no mass of copies. Arrays in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import stats

from core.config.messages import say
from core.workloads.contract import Finding
from core.workloads.rows.contract_rows import Rows, Schema

LEAST = {"training": 10, "holdout": 2}
"""Rows that each class needs in each split (a regression: that the split needs)."""

MOST_COPIES, MORE_COPIES = 0.5, 0.1
"""Share of repeated rows: in a first dataset, and beyond what the last datasets make likely."""

_CONFIDENCE = 0.99


def not_finite(rows: Rows, schema: Schema) -> Iterator[Finding]:
    """Missing and infinite values in any column."""
    names = (*schema.features, schema.answer)
    bad = [~np.isfinite(column) for column in (*rows.features.T, rows.answers)]
    counts = {name: int(np.count_nonzero(one)) for name, one in zip(names, bad, strict=True) if one.any()}
    if counts:
        evidence = _bars(list(counts), list(counts.values()), "rows with missing or infinite values")
        yield Finding(say("contract.not_finite", rows=int((~rows.finite).sum()), columns=list(counts)), evidence)


def unknown_labels(rows: Rows, schema: Schema) -> Iterator[Finding]:
    """Labels that are no index of a class. ``rows`` are finite."""
    strange = ~known_labels(rows, schema)
    if strange.any():
        values, counts = np.unique(rows.answers[strange], return_counts=True)
        evidence = _bars([f"{value:g}" for value in values[:12]], counts[:12].tolist(), "rows with an unknown label")
        yield Finding(say("contract.unknown_labels", rows=int(strange.sum()), classes=len(schema.classes)), evidence)


def known_labels(rows: Rows, schema: Schema) -> Any:
    """Shape (n,): labels that are the index of a class."""
    return np.isin(rows.answers, np.arange(len(schema.classes)))


def missing_classes(rows: Rows, schema: Schema) -> Iterator[Finding]:
    """Classes that a split has too few rows of. Labels of ``rows`` are valid."""
    for split, chosen in (("training", ~rows.holdout), ("holdout", rows.holdout)):
        counts = np.bincount(rows.answers[chosen].astype(np.int64), minlength=len(schema.classes))
        if short := [name for name, count in zip(schema.classes, counts, strict=True) if count < LEAST[split]]:
            evidence = _bars(list(schema.classes), counts.tolist(), f"rows in the {split} split")
            yield Finding(say("contract.missing_classes", split=split, classes=short, least=LEAST[split]), evidence)


def useless_target(rows: Rows) -> Iterator[Finding]:
    """A split that is empty, or whose target is constant. ``rows`` are finite."""
    for split, chosen in (("training", ~rows.holdout), ("holdout", rows.holdout)):
        targets = rows.answers[chosen]
        if len(targets) < LEAST[split]:
            yield Finding(say("contract.empty_split", split=split, rows=len(targets), least=LEAST[split]))
        elif np.ptp(targets) == 0:
            yield Finding(say("contract.constant_target", split=split))


def copies(rows: Rows, references: Sequence[Rows]) -> Iterator[Finding]:
    """More repeated rows than the references make likely, by at least :data:`MORE_COPIES`.

    The references give the chance that two rows are equal (the upper end of its 99 % Poisson interval); among n rows
    that makes at most n (n - 1) / 2 times as many equal pairs: the birthday problem. So few or round values, which
    repeat more often the more rows there are, are no copies.
    """
    if rows.size < 2:
        return
    share = rows.copies / rows.size
    limit = MOST_COPIES
    if references:
        looked_at = sum(one.size * (one.size - 1) / 2 for one in references)
        most = stats.chi2.ppf(_CONFIDENCE, 2 * (sum(one.pairs for one in references) + 1)) / 2
        limit = MORE_COPIES + float(most / max(looked_at, 1)) * (rows.size - 1) / 2
    if share > limit:
        usual = [one.copies / one.size for one in references if one.size]
        names = ["this dataset", *(["last datasets"] if usual else [])]
        evidence = _bars(names, [share, *([float(np.mean(usual))] if usual else [])], "share of repeated rows")
        yield Finding(say("contract.duplicates", share=share, limit=limit), evidence)


def _bars(names: Sequence[str], values: Sequence[float], title: str) -> dict[str, Any]:
    return {"kind": "bars", "names": list(names), "values": list(values), "title": title}
