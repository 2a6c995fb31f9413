"""Terms that are stored by a key and worded when shown: units, methods, what drift tests look at."""

from __future__ import annotations

TERMS: dict[str, str] = {
    "ks": "Kolmogorov–Smirnov, Benjamini–Hochberg",
    "ks+chi2": "Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg",
    "nothing": "nothing",
    "pictures": "images",
    "promoted": "Promoted",
    "rejected": "Rejected",
    "kept": "Kept",
    "box-area": "area",
    "box-aspect": "ratio of width to height",
    "champion": "the champion",
    "last-dataset-model": "a model of the last dataset",
}
"""Key to English. A key that is not here is shown as it is: names of features and classes."""
