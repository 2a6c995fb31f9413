"""The sentences that version 0.1 stored, each with the code and the parameters that it became."""

from __future__ import annotations

from typing import Any

_KS = "(Kolmogorov–Smirnov, Benjamini–Hochberg)."
_KS_CHI2 = "(Kolmogorov–Smirnov and chi-squared, Benjamini–Hochberg)."

SENTENCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("There is no champion yet.", "gate.no_champion", {}),
    ("Retraining was asked for.", "gate.forced", {}),
    ("{metric:word} {value:float} is under the threshold {threshold:float}.", "gate.under_threshold", {}),
    ("{metric:word} {value:float} holds the threshold {threshold:float}.", "gate.holds", {}),
    ("The champion came with Shifumi, its training data did not: drift cannot be judged.", "drift.starter", {}),
    ("The champion's training data was deleted: drift cannot be judged.", "drift.reference_deleted", {}),
    ("The champion was trained on this very dataset.", "drift.same_dataset", {}),
    (f"No feature drifted {_KS}", "drift.none", {"method": "ks"}),
    (f"Drift in {{features:list}} of {{new:int}} new pictures {_KS_CHI2}", "drift.found_in_new", {"method": "ks+chi2"}),
    (f"Drift in {{features:list}} {_KS}", "drift.found", {"method": "ks"}),
    (f"The {{new:int}} new pictures look like the old ones {_KS_CHI2}", "drift.none_in_new", {"method": "ks+chi2"}),
    ("{new:int} pictures are new since the champion was trained: too few to judge drift.", "drift.too_few_new", {}),
    ("First model: {metric:word} {value:float}.", "comparison.first", {}),
    (
        "Challenger alone right on {challenger:int}, champion alone right on {champion:int} of {_samples:int} "
        "(McNemar exact {p:p})",
        "comparison.mcnemar",
        {"unit": "rows"},
    ),
    (
        "Challenger {challenger:float} against {champion:float}: {gain:float} {metric:word}, 95 % interval {low:float} "
        "to {high:float} on {samples:int} pictures (paired bootstrap, {p:p})",
        "comparison.bootstrap",
        {"unit": "images"},
    ),
    ("Champion under the threshold, challenger over it. {comparison:rest}", "comparison.over_threshold", {}),
    (
        "The champion was trained on dataset {dataset:int}; there is nothing new to learn.",
        "decision.nothing_new",
        {},
    ),
    ("{user:word} made version {version:int} the champion.", "decision.by_hand", {}),
    ("Waiting for the flow runner", "job.waiting", {}),
    ("Started", "job.started", {}),
    ("Done", "job.done", {}),
    ("Cancelled by {user:word} before it started", "job.cancelled_before", {}),
    ("Cancelled by {user:word}", "job.cancelled_by", {}),
    ("The process that ran this is gone (killed, crashed or out of memory). Start it again.", "job.lost", {}),
    ("This was never handed to Prefect. Start it again.", "job.never_sent", {}),
    ("Prefect does not know this run any more.", "job.unknown_to_prefect", {}),
    ("This run has already ended.", "job.ended", {}),
    ("Taken by {worker:word}", "work.taken", {}),
    ("Waiting for another worker", "work.waiting_again", {}),
    ("Waiting for a worker (queue {queue:word})", "work.waiting", {}),
    ("This work was cancelled.", "work.cancelled", {}),
    (
        "The worker that did this was killed or crashed {attempts:int} times, last on {worker:text} ({how:text}). "
        "Perhaps its memory ran out: look into that worker's log, then start this again.",
        "work.crashed",
        {},
    ),
    (
        "This took longer than {limit:int} s (SHIFUMI_CELERY_TIME_LIMIT_S) and was stopped.",
        "work.too_long",
        {},
    ),
    ("{kind:kind}: {reason:rest}", "check.decided", {}),
    ("Evaluated: {reason:rest}", "check.evaluated", {}),
    ("Comparing champion and challenger", "check.comparing", {}),
    ("Logging to MLflow", "training.logging", {}),
    ("Version {version:int} registered", "training.registered", {}),
    ("Version {version:int} was already trained on dataset {dataset:int}", "training.known", {}),
    ("Dataset {dataset:int}: {rows:int} {unit:word}", "generate.done", {}),
    ("{rows:int} rows answered by version {version:int}", "predict.done", {}),
    (
        "{frames:int} frames seen by version {version:int}; a throw on {found:int} of them.",
        "video.done",
        {},
    ),
    (
        "{frames:int} frames seen by the model that ships; a throw on {found:int} of them.",
        "video.done_starter",
        {},
    ),
    ("The file ends too early; this is what could be read.", "video.cut_off", {}),
    ("New pictures: {images:int}", "import.new", {}),
    (", boxes: {boxes:int}", "import.boxes", {}),
    (", showing nothing to find: {images:int}", "import.negatives", {}),
    (", without boxes yet: {images:int}", "import.unlabelled", {}),
    (", there before: {images:int}", "import.known", {}),
    (", left out: {images:int}", "import.left_out", {}),
    (", not usable: {images:int}", "import.refused", {}),
    (", label lines refused: {lines:int}", "import.lines_refused", {}),
    (", labels without a picture: {labels:int}", "import.labels_without_image", {}),
    ("No picture was waiting for boxes", "propose.none_waiting", {}),
    (
        "Boxes proposed on {found:int} of {looked:int} pictures; confirm them on the Label page",
        "propose.done",
        {},
    ),
    ("Said to show: {label:line}", "image.said_to_show", {}),
    ("{model:text} said {found:found}; {user:word} says no throw.", "image.flagged_nothing", {}),
    ("{model:text} said {found:found}; {user:word} says {label:word}.", "image.flagged", {}),
    ("Label lines were refused on import: {faults:faults}", "image.lines_refused", {}),
    ("line {line:int}: {fault:rest}", "image.line_fault", {}),
    ("{file:text}: there is no picture to this label", "import.fault_no_image", {}),
    ("{file:text}: class {number:int} is not in the list of names", "import.fault_class", {}),
    ("There is no dataset yet. Generate one on the Datasets page.", "dataset.none", {}),
)
