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
    "pending": "Challenger waits",
    "rolled-back": "Rolled back",
}
"""Key to English. A key that is not here is shown as it is: names of features and classes."""
