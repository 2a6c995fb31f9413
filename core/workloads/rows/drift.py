"""Drift between a model's training rows and newer rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.catalog.tables import Dataset
from core.config.messages import say
from core.config.settings import get_settings
from core.storage import lake
from core.workloads.base import Drift
from core.workloads.rows.columns import HOLDOUT, LABEL
from core.workloads.statistics import adjusted, ks_distances, shares_test

SAMPLE = 20_000
CLASS_SHARES = "class shares"


def drift(reference: Dataset, current: Dataset, features: Sequence[str], answer: str | None = None) -> Drift:
    """Kolmogorov–Smirnov per feature, all p-values adjusted together (Benjamini–Hochberg), on the training splits.

    ``answer`` is tested too: of :data:`LABEL` the shares of the classes (chi-squared), of another column its
    distribution. Raises :class:`core.storage.lake.LakeError`.
    """
    if reference.sha256 == current.sha256:
        return Drift(False, say("drift.same_dataset"))
    settings = get_settings()
    names = [*features, *([answer] if answer else [])]
    first, second = (lake.read(one.path, names, f"NOT {HOLDOUT}", limit=SAMPLE) for one in (reference, current))
    found = {}
    if answer == LABEL:
        labels = [one.pop(LABEL).astype(np.int64) for one in (first, second)]
        found[CLASS_SHARES] = shares_test(labels[0], labels[1], int(max(part.max() for part in labels)) + 1)
    found = {**ks_distances(first, second), **found}
    tests = adjusted(found, settings.drift_alpha, settings.drift_min_effect)
    drifted = [str(test["feature"]) for test in tests if test["drift"]]
    method = "ks+chi2" if answer == LABEL else "ks"
    if not drifted:
        return Drift(False, say("drift.none", method=method), tests)
    return Drift(True, say("drift.found", features=drifted, method=method), tests)
