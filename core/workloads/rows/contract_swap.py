"""The data contract of rows, exchanged answers: labels swapped, signs or units of everything changed.

A model that knows how it was before is asked. What tells a mistake from an honest change is that *one* exchange
explains the dataset nearly as well as a model fitted to it, where the data as it stands contradicts the older model: a
boundary that turned by 90° is explained by no exchange. One that turned by 180° is: it cannot be told from swapped
labels. Arrays in, findings out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linear_sum_assignment

from core.config.messages import say
from core.workloads.contract import LEVEL, Finding
from core.workloads.rows.contract_rows import Floats, Rows, Schema
from core.workloads.rows.contract_scale import MOST_SPREAD
from core.workloads.rows.fresh_fit import FreshFit
from core.workloads.statistics import mcnemar_exact

FAR_BELOW, EXPLAINED = 0.2, 0.85
"""The older model has to be worse than a fresh one by so much, and the exchange to make up for this share of that."""

_DRAWN, _CLEARLY = 300, 0.02

Answers = Callable[[Floats], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """A model that knows how it was before: ``answers`` maps features (n, f) to indices of classes, or values, (n,)."""

    title: str
    answers: Answers


def swapped_labels(rows: Rows, fresh: FreshFit, known: Known, schema: Schema) -> Iterator[Finding]:
    """Labels that are right once they are exchanged, or once all features' signs are turned.

    The best exchange is the assignment with the greatest sum over the confusion matrix (Kuhn's Hungarian method,
    ``scipy.optimize.linear_sum_assignment``); McNemar's test has to see that it beats the labels as they are. "Right"
    is the mean over the classes: one and the same answer to everything would otherwise explain a class of 95 %.
    """
    labels, said = rows.answers.astype(np.int64), known.answers(rows.features)
    counts = np.zeros((len(schema.classes),) * 2, np.int64)
    np.add.at(counts, (labels, said), 1)
    exchange = linear_sum_assignment(counts / counts.sum(axis=1, keepdims=True), maximize=True)[1]
    as_is, turned = said == labels, known.answers(-rows.features) == labels
    exchanged, possible = said == exchange[labels], _right(fresh.losses == 0, labels)
    drawn = {"kind": "confusion", "matrix": counts.tolist(), "names": list(schema.classes)}
    # Of two classes on both sides of a line either may have happened: labels are the likelier mistake.
    by_signs = _right(turned, labels) > _right(exchanged, labels) + _CLEARLY
    now, then = _right(as_is, labels), _right(turned if by_signs else exchanged, labels)
    if not _explains(as_is, turned if by_signs else exchanged, labels, possible):
        return
    if by_signs:
        yield Finding(say("contract.inverted", now=now, exchanged=then, model=known.title), drawn)
    else:
        pairs = _once([(schema.classes[a], schema.classes[b]) for a, b in enumerate(exchange) if a != b])
        yield Finding(say("contract.swapped", pairs=pairs, now=now, exchanged=then, model=known.title), drawn)


def _right(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> float:
    """The share of each class that is right, averaged over the classes that are there."""
    there = np.bincount(labels)
    return float((np.bincount(labels, weights=right)[there > 0] / there[there > 0]).mean())


def _explains(
    as_is: NDArray[np.bool_], exchanged: NDArray[np.bool_], labels: NDArray[np.int64], possible: float
) -> bool:
    now = _right(as_is, labels)
    gap, gain = possible - now, _right(exchanged, labels) - now
    return gap >= FAR_BELOW and gain >= EXPLAINED * gap and mcnemar_exact(as_is, exchanged).p_value < LEVEL


def _once(pairs: list[tuple[str, str]]) -> list[str]:
    """``a ↔ b`` and ``b ↔ a`` are one exchange; in a round of three each step is its own."""
    return [f"{a} ↔ {b}" if (b, a) in pairs else f"{a} → {b}" for a, b in pairs if (b, a) not in pairs or a < b]


def turned_target(rows: Rows, fresh: FreshFit, known: Known, schema: Schema) -> Iterator[Finding]:
    """A target that follows the older model's answers as closely as it can be followed, with another slope.

    The least squares line of the target over the answers has a slope near 1 when nothing happened; below 0 the sign
    was inverted, far from 1 the unit changed. Whoever inverts all features turns the slope just the same.
    """
    expected = known.answers(rows.features).astype(np.float64)
    spread = float(((rows.answers - rows.answers.mean()) ** 2).sum())
    possible = 1 - float((fresh.losses**2).sum()) / spread
    as_is = 1 - float(((rows.answers - expected) ** 2).sum()) / spread
    if np.ptp(expected) == 0 or possible < FAR_BELOW or possible - as_is < FAR_BELOW:
        return
    line = stats.linregress(expected, rows.answers)
    if line.rvalue**2 < EXPLAINED * possible or line.pvalue >= LEVEL:
        return
    drawn = slice(0, _DRAWN)
    pairs = {"expected": expected[drawn].tolist(), "actual": rows.answers[drawn].tolist()}
    evidence = {"kind": "scatter", "title": schema.answer, **pairs}
    if line.slope < 0:
        yield Finding(say("contract.inverted_target", model=known.title), evidence)
    elif not 1 / MOST_SPREAD <= line.slope <= MOST_SPREAD:
        ratio = float(f"{line.slope:.3g}")
        yield Finding(say("contract.rescaled_target", ratio=ratio, model=known.title), evidence)
