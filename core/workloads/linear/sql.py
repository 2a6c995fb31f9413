"""Example SQL queries for linear data."""

from __future__ import annotations

EXAMPLES = {
    "Class balance": "SELECT dataset_id, count(*) AS rows, round(avg(label), 3) AS share_of_class_1\n"
    "FROM linear GROUP BY dataset_id ORDER BY dataset_id",
    "Means per class": "SELECT label, round(avg(x1), 3) AS mean_x1, round(avg(x2), 3) AS mean_x2, count(*) AS rows\n"
    "FROM linear GROUP BY label ORDER BY label",
    "Split sizes": "SELECT dataset_id, holdout, count(*) AS rows\nFROM linear GROUP BY ALL ORDER BY ALL",
    "How datasets were generated": "SELECT dataset_id, rows, parameters->>'$.angle' AS angle, created_by, created_at\n"
    "FROM datasets ORDER BY dataset_id DESC",
    "Farthest points": "SELECT *, round(sqrt(x1 * x1 + x2 * x2), 2) AS distance\n"
    "FROM linear ORDER BY distance DESC LIMIT 20",
}
