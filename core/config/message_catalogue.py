"""The English templates of all messages that are stored, by code; the rooms' names lead the codes.

``{name}`` is a parameter, ``{name:format}`` says how it is written (:data:`core.config.message_formats.FORMATS`).
Workloads bring their own with :func:`core.config.messages.register`.
"""

from __future__ import annotations

from core.config.message_plurals import Plural

_OF_ANYBODY: dict[str, str | Plural] = {
    "legacy.text": "{text}",
    "error.foreign": "{text}",
}

_OF_THE_LOOP: dict[str, str | Plural] = {
    "gate.no_champion": "There is no champion yet.",
    "gate.forced": "Retraining was requested.",
    "gate.under_threshold": "{metric} {value:figure} is under the threshold {threshold:figure}.",
    "gate.holds": "{metric} {value:figure} meets the threshold {threshold:figure}.",
    "dataset.none": "There is no dataset yet. Generate one on the Datasets page.",
    "drift.starter": "Drift cannot be judged: the champion came with Shifumi, its training data did not.",
    "drift.reference_deleted": "Drift cannot be judged: the champion's training data was deleted.",
    "drift.same_dataset": "The champion was trained on this dataset.",
    "drift.none": "No feature drifted ({method:term}).",
    "drift.found": "Drift in {features:terms} ({method:term}).",
    "drift.too_few_new": Plural(
        "new",
        "Only {new:count} image is new since the champion was trained: too few to judge drift.",
        "Only {new:count} images are new since the champion was trained: too few to judge drift.",
    ),
    "drift.none_in_new": Plural(
        "new",
        "The {new:count} new image looks like the old ones ({method:term}).",
        "The {new:count} new images look like the old ones ({method:term}).",
    ),
    "drift.found_in_new": Plural(
        "new",
        "Drift in {features:terms} of {new:count} new image ({method:term}).",
        "Drift in {features:terms} of {new:count} new images ({method:term}).",
    ),
    "comparison.first": "First model: {metric} {value:figure}.",
    "comparison.mcnemar": (
        "Only the challenger was right on {challenger:count} {unit:term}, only the champion on {champion:count} "
        "(McNemar {p:p})."
    ),
    "comparison.bootstrap": (
        "The challenger's {metric} is {challenger:figure}, the champion's {champion:figure}: {gain:gain}, "
        "95 % interval {low:gain} to {high:gain} on {samples:count} {unit:term} (paired bootstrap, {p:p})."
    ),
    "comparison.over_threshold": ("The champion is under the threshold, the challenger meets it. {comparison:message}"),
    "decision.nothing_new": "The champion was trained on dataset {dataset}; there is nothing new to learn.",
    "decision.by_hand": "{user} made version {version} the champion.",
    "training.known": "Version {version} was already trained on dataset {dataset}.",
    "training.logging": "Logging to MLflow",
    "training.registered": "Version {version} registered",
    "training.reading": "Reading the training split",
    "training.fitting": "Fitting on {rows:count} {unit:term}",
    "training.fitted": "Fitted",
    "data.drawing": "Generating {rows:count} {unit:term}",
    "data.writing": "Writing Parquet",
    "data.stored": "Stored in the lake",
}

_OF_JOBS: dict[str, str | Plural] = {
    "job.waiting": "Waiting for the flow runner",
    "job.started": "Started",
    "job.done": "Done",
    "job.cancelling": "Cancelling for {user}…",
    "job.cancelled_by": "Cancelled by {user}",
    "job.cancelled_before": "Cancelled by {user} before it started",
    "job.lost": "The process that ran this is gone (killed, crashed or out of memory). Start it again.",
    "job.never_sent": "This was never handed to Prefect. Start it again.",
    "job.unknown_to_prefect": "Prefect does not know this run any more.",
    "job.ended": "This run has already ended.",
    "job.prefect": "{text}",
    "work.taken": "Taken by {worker}",
    "work.waiting_again": "Waiting for another worker",
    "work.waiting": "Waiting for a worker (queue {queue})",
    "work.no_worker": "No worker listens to the queue {queue}. Start one: {command}",
    "work.broker_away": "The broker does not answer, trying again ({error})",
    "work.cancelled": "This work was cancelled.",
    "work.unknown": "This work is not known any more: the catalog was restored to an earlier state.",
    "work.crashed": Plural(
        "attempts",
        "The worker that did this was killed or crashed, on {worker} ({how}). Perhaps its memory ran out: look into "
        "that worker's log, then start this again.",
        "The worker that did this was killed or crashed {attempts:count} times, last on {worker} ({how}). Perhaps its "
        "memory ran out: look into that worker's log, then start this again.",
    ),
    "work.too_long": "This took longer than {limit:seconds} (SHIFUMI_CELERY_TIME_LIMIT_S) and was stopped.",
    "work.no_text": "The work failed without a message.",
    "check.preparing_store": "Making MLflow's tables: only the first time, some seconds",
    "check.evaluated": "Evaluated: {reason:message}",
    "check.comparing": "Comparing champion and challenger",
    "check.drawing": "{kind:term}; drawing figures",
    "check.decided": "{kind:term}: {reason:message}",
    "generate.done": "Dataset {dataset}: {rows:count} {unit:term}",
    "predict.progress": Plural("rows", "{rows:count} row answered", "{rows:count} rows answered"),
    "predict.done": Plural(
        "rows",
        "{rows:count} row answered by version {version}",
        "{rows:count} rows answered by version {version}",
    ),
}

_OF_IMAGES: dict[str, str | Plural] = {
    "image.said_to_show": "Said to show: {label}",
    "image.flagged": "{model} said {found:messages}; {user} says {label}.",
    "image.flagged_nothing": "{model} said {found:messages}; {user} says that there is nothing to find.",
    "image.detection": "{label} ({confidence:percent})",
    "image.no_detection": "nothing",
    "image.lines_refused": "Label lines were refused on import: {faults:messages}",
    "image.line_fault": "line {line}: {fault:message}",
    "import.progress": "{done:count} of {total:count} images",
    "import.new": Plural("images", "{images:count} new image", "{images:count} new images"),
    "import.boxes": Plural("boxes", "{boxes:count} box", "{boxes:count} boxes"),
    "import.negatives": "{images:count} without anything to find",
    "import.unlabelled": "{images:count} without boxes yet",
    "import.known": Plural("images", "{images:count} was there before", "{images:count} were there before"),
    "import.left_out": "{images:count} left out",
    "import.refused": "{images:count} not usable",
    "import.lines_refused": Plural("lines", "{lines:count} label line refused", "{lines:count} label lines refused"),
    "import.labels_without_image": Plural(
        "labels", "{labels:count} label file without an image", "{labels:count} label files without an image"
    ),
    "import.fault_no_image": "{file}: there is no image to this label",
    "import.fault_file": "{file}: {fault:message}",
    "import.fault_label": "{file}, {fault:message}",
    "import.fault_class": "{file}: class {number} is not in the list of names",
    "propose.progress": "{done:count} of {total:count} images looked at",
    "propose.none_waiting": "No image was waiting for boxes",
    "propose.done": Plural(
        "looked",
        "Boxes proposed on {found:count} of {looked:count} image; confirm them on the Label page",
        "Boxes proposed on {found:count} of {looked:count} images; confirm them on the Label page",
    ),
    "video.progress": "Frame {done:count} of {total:count}",
    "video.done": "{frames:count} frames answered by version {version}; something was found on {found:count} of them.",
    "video.done_starter": (
        "{frames:count} frames answered by the model that ships; something was found on {found:count} of them."
    ),
    "video.cut_off": "The file ends too early; this is what could be read.",
    "export.progress": "{done:count} of {total:count} images",
}

TEMPLATES: dict[str, str | Plural] = {**_OF_ANYBODY, **_OF_THE_LOOP, **_OF_JOBS, **_OF_IMAGES}
"""Code to template."""
