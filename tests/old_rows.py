"""Rows as version 0.1 wrote them: sentences where there are codes today."""

from typing import Any

DECISIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "promoted",
        "There is no champion yet. First model: accuracy 0.941.",
        {
            "champion": None,
            "challenger": {"value": 0.941, "ci": [0.93, 0.95], "samples": 2000, "training_s": 0.4},
            "comparison": {"better": True, "p_value": 0.0, "summary": "First model: accuracy 0.941.", "details": {}},
            "drift": None,
        },
    ),
    (
        "promoted",
        "accuracy 0.520 is under the threshold 0.900. Challenger alone right on 883, champion alone right on 56 of "
        "2,000 (McNemar exact p = 3.6e-192)",
        {
            "champion": {"value": 0.52, "ci": [0.5, 0.54], "samples": 2000},
            "challenger": {"value": 0.935, "ci": [0.92, 0.95], "samples": 2000, "training_s": 0.4},
            "comparison": {
                "better": True,
                "p_value": 3.6e-192,
                "summary": "Challenger alone right on 883, champion alone right on 56 of 2,000 (McNemar exact "
                "p = 3.6e-192)",
                "details": {"test": "McNemar exact", "only_first_right": 56, "only_second_right": 883},
            },
            "drift": {
                "found": True,
                "summary": "Drift in x1, x2 (Kolmogorov–Smirnov, Benjamini–Hochberg).",
                "tests": [{"feature": "x1", "distance": 0.4, "p_adjusted": 1e-9, "drift": True}],
            },
        },
    ),
    (
        "kept",
        "accuracy 0.935 holds the threshold 0.900.",
        {
            "champion": {"value": 0.935, "ci": [0.92, 0.95], "samples": 2000},
            "challenger": None,
            "comparison": None,
            "drift": {
                "found": False,
                "summary": "No feature drifted (Kolmogorov–Smirnov, Benjamini–Hochberg).",
                "tests": [],
            },
        },
    ),
    (
        "rejected",
        "Drift in hand size, brightness of 40 new pictures (Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg). "
        "Challenger 0.742 against 0.751: -0.009 mAP50, 95 % interval -0.031 to +0.012 on 1,123 pictures (paired "
        "bootstrap, p = 0.42)",
        {},
    ),
    ("kept", "The champion was trained on dataset 2; there is nothing new to learn.", {}),
    ("rolled-back", "ada made version 1 the champion.", {}),
    ("failed", "The disk of the workshop said no, in words of its own.", {}),
)
"""Kind, reason, details."""

WORDED = (
    "There is no champion yet. First model: accuracy 0.941.",
    "accuracy 0.520 is below the threshold 0.900. Only the challenger was right on 883 rows, only the champion on 56 "
    "(McNemar p < 0.001).",
    "accuracy 0.935 meets the threshold 0.900.",
    "Drift in hand size, brightness of 40 new images (Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg). The "
    "challenger's mAP50 is 0.742, the champion's 0.751: -0.009, 95 % interval -0.031 to +0.012 on 1,123 images "
    "(paired bootstrap, p = 0.42).",
    "The champion was already trained on dataset 2; there is no newer data.",
    "ada made version 1 the champion.",
    "The disk of the workshop said no, in words of its own.",
)
"""The reasons as they read now, in the same order."""

JOBS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("check-and-retrain", "completed", "promoted: There is no champion yet. First model: accuracy 0.941.", {}),
    ("generate-dataset", "completed", "Dataset 3: 10,000 rows", {"dataset_id": 3, "rows": 10000}),
    ("predict-file", "cancelled", "Cancelled by ada before it started", {}),
    (
        "import-images",
        "completed",
        "New pictures: 1,012, boxes: 10, there before: 3. Boxes proposed on 4 of 12 pictures; confirm them on the "
        "Label page",
        {"new": 1012, "splits": {}, "faults": ["a.txt: there is no picture to this label", "b.jpg: It is empty."]},
    ),
    ("predict-video", "completed", "45 frames seen by version 2; a throw on 9 of them.", {"frames": 45, "remark": ""}),
    ("generate-dataset", "failed", "[Errno 28] No space left on device", {}),
)
"""Kind, state, message, result."""

JOBS_WORDED = (
    "Promoted: There is no champion yet. First model: accuracy 0.941.",
    "Dataset 3: 10,000 rows",
    "Cancelled by ada before it started",
    "1,012 new images. 10 boxes. 3 already present. Labels proposed for 4 of 12 images; confirm them on the Label page",
    "45 frames processed by version 2; objects detected in 9 of them.",
    "[Errno 28] No space left on device",
)

NOTES = (
    "",
    "Said to show: rock",
    "v3 said rock (97%), scissors (40%); eve says paper.",
    "the model said nothing; eve says no throw.",
    "Label lines were refused on import: line 3: it should hold numbers only; line 5: infinity and NaN are no "
    "coordinates",
    "Taken by phone.",
)
NOTES_WORDED = (
    "",
    "Label suggested on import: rock",
    "v3 predicted rock (97 %), scissors (40 %); eve labelled it paper.",
    "the model predicted nothing; eve labelled it negative (no object).",
    "Label lines were rejected on import: line 3: it should hold numbers only, line 5: infinity and NaN are no "
    "coordinates",
    "Taken by phone.",
)
