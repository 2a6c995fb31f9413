"""Terms stored by key and translated when shown: units, methods, targets of drift tests."""

from __future__ import annotations

TERMS: dict[str, str] = {
    "ks": "Kolmogorov–Smirnov, Benjamini–Hochberg",
    "ks+chi2": "Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg",
    "nothing": "nothing",
    "pictures": "images",
    "promoted": "Promoted",
    "rejected": "Rejected",
    "kept": "Kept",
    "pending": "Challenger waits",
    "rolled-back": "Rolled back",
    "box-area": "area",
    "box-aspect": "ratio of width to height",
    "sessions": "recording sessions",
    "blocks": "time blocks",
    "single": "single images",
    "champion": "the champion",
    "last-dataset-model": "a model of the last dataset",
}
"""Key to English. An unknown key is shown as it is: names of features and classes."""
