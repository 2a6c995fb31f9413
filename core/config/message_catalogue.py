"""The English templates of all messages that are stored, by code; the rooms' names lead the codes.

``{name}`` is a parameter, ``{name:format}`` says how it is written (:data:`core.config.message_formats.FORMATS`).
Workloads bring their own with :func:`core.config.messages.register`.
"""

from __future__ import annotations

from core.config.feedback_messages import OF_FEEDBACK
from core.config.image_messages import OF_IMAGES
from core.config.message_plurals import Plural
from core.config.service_messages import OF_SERVICES

_OF_ANYBODY: dict[str, str | Plural] = {
    "legacy.text": "{text}",
    "error.foreign": "{text}",
}

_OF_THE_LOOP: dict[str, str | Plural] = {
    "gate.no_champion": "There is no champion yet.",
    "gate.forced": "Retraining was requested.",
    "gate.full_training": "The quick training of this dataset was compared; now the full one.",
    "gate.new_labels": Plural(
        "number",
        "{number:count} labelled image is new since version {version} was trained.",
        "{number:count} labelled images are new since version {version} was trained.",
    ),
    "gate.under_threshold": "{metric} {value:figure} is below the threshold {threshold:figure}.",
    "gate.holds": "{metric} {value:figure} meets the threshold {threshold:figure}.",
    "gate.loss_rose": Plural(
        "datasets",
        "The loss rose from {before:figure} to {now:figure} on the newest dataset ({p:p}).",
        "The loss rose from {before:figure} to {now:figure} over the newest {datasets:count} datasets ({p:p}).",
    ),
    "gate.refit_better": Plural(
        "datasets",
        "A model fitted to the newest dataset would have a loss lower by {gain:figure} ({p:p}).",
        "A model fitted to the newest {datasets:count} datasets would have a loss lower by {gain:figure} ({p:p}).",
    ),
    "gate.feedback_fell": Plural(
        "labels",
        "The accuracy on feedback fell: {now:figure} on the newest {labels:count} labelled prediction, at least "
        "{before:figure} when it was promoted ({p:p}).",
        "The accuracy on feedback fell: {now:figure} on the newest {labels:count} labelled predictions, at least "
        "{before:figure} when it was promoted ({p:p}).",
    ),
    "drift.starter": "Drift cannot be measured: the training data of the starter model is not included.",
    "drift.reference_deleted": "Drift cannot be measured: the champion's training data was deleted.",
    "drift.same_dataset": "The champion was trained on this dataset.",
    "drift.none": "No feature drifted ({method:term}).",
    "drift.found": "Drift in {features:terms} ({method:term}).",
    "drift.too_few_new": Plural(
        "new",
        "Only {new:count} image is new since the champion was trained: too few to measure drift.",
        "Only {new:count} images are new since the champion was trained: too few to measure drift.",
    ),
    "drift.none_in_new": Plural(
        "new",
        "No drift in {new:count} new image ({method:term}).",
        "No drift in {new:count} new images ({method:term}).",
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
    "comparison.errors": (
        "The challenger's mean absolute error is {challenger:number}, the champion's {champion:number} "
        "on {samples:count} {unit:term} (paired permutation test, {p:p})."
    ),
    # Stored by earlier versions.
    "comparison.bootstrap": (
        "The challenger's {metric} is {challenger:figure}, the champion's {champion:figure}: {gain:gain}, "
        "95 % interval {low:gain} to {high:gain} on {samples:count} {unit:term} (paired bootstrap, {p:p})."
    ),
    "comparison.over_threshold": ("The champion is below the threshold, the challenger meets it. {comparison:message}"),
    "decision.nothing_new": "The champion was already trained on dataset {dataset}; there is no newer data.",
    "decision.waits": (
        "Challenger v{version} is trained. One more dataset will decide: both models are compared on it."
    ),
    "decision.holdout_waits": (
        "Challenger v{version} is better so far, but these images cannot show it. It waits: new labelled images will "
        "decide."
    ),
    "decision.was_rolled_back": "Version {version} was rolled back: it is not promoted again without a new training.",
    "decision.shadow_won": (
        "Version {version} serves again: on the data since the promotion it was better by {gain:figure} ({p:p})."
    ),
    "decision.promotion_held": "Version {version} would be promoted. {pinned:message}",
    "decision.rollback_held": (
        "Version {version} would serve again: on the data since the promotion its loss is lower by {gain:figure} "
        "({p:p}). {pinned:message}"
    ),
    "pin.holds": "Champion v{version} is pinned until {until:time} by {user}: {why}",
    "pin.unpin_first": "Unpin first. {pinned:message}",
    "pin.already": "There is a pin already. {pinned:message}",
    "pin.no_champion": "There is no champion to pin yet.",
    "pin.none": "The champion is not pinned.",
    "pin.bad_reason": "Give a reason of 1 to {most:count} characters.",
    "pin.bad_end": "The end of a pin must be in the future.",
    "promotion.no_previous": "There is no previous champion to roll back to.",
    "decision.alias_found": "Version {version} already serves: a check was interrupted, or the catalog is new.",
    "decision.alias_moved": (
        "Version {version} serves instead of version {previous}: a check was interrupted, or the alias was moved "
        "outside of Shifumi."
    ),
    "decision.by_hand": "{user} made version {version} the champion.",
    "decision.by_hand_because": "{user} made version {version} the champion. Reason: {why}",
    "training.dataset_deleted": "The dataset was deleted. Train again on another one.",
    "training.known": "Version {version} was already trained on dataset {dataset}.",
    "training.logging": "Logging to MLflow",
    "training.registered": "Version {version} registered",
    "training.reading": "Reading the training split",
    "training.fitting": "Fitting on {rows:count} {unit:term}",
    "training.fitted": "Fitted",
    "data.drawing": "Generating {rows:count} {unit:term}",
    "data.writing": "Writing Parquet",
    "data.stored": "Stored in the lake",
    "data.validating": "Checking the data contract",
}

_OF_JOBS: dict[str, str | Plural] = {
    "job.busy": "This is already running: {user} started it at {time} UTC. Wait for it to end, or cancel it.",
    "job.not_needed": "Job {job} has already ended; this flow run is not needed any more.",
    "job.waiting": "Waiting for the flow runner",
    "job.started": "Started",
    "job.done": "Done",
    "job.cancelling": "Cancelling for {user}…",
    "job.cancelled_by": "Cancelled by {user}",
    "job.cancelled_before": "Cancelled by {user} before it started",
    "job.lost": "The process of this job was killed, crashed or ran out of memory. Start the job again.",
    "job.never_sent": "This job was never submitted to Prefect. Start it again.",
    "job.unknown_to_prefect": "This flow run no longer exists in Prefect.",
    "job.ended": "This job has already ended.",
    "job.prefect": "{text}",
    "work.taken": "Running on {worker}",
    "work.waiting_again": "Waiting for another worker",
    "work.waiting": "Waiting for a worker (queue {queue})",
    "work.no_worker": "No worker consumes the queue {queue}. Start one: {command}",
    "work.broker_away": "The broker does not respond; retrying ({error})",
    "work.cancelled": "This work item was cancelled.",
    "work.unknown": "This work item no longer exists: the catalog was restored to an earlier state.",
    "work.crashed": Plural(
        "attempts",
        "The worker process was killed or crashed on {worker} ({how}). It may have run out of memory: check that "
        "worker's log, then start the job again.",
        "The worker process was killed or crashed {attempts:count} times, last on {worker} ({how}). It may have run "
        "out of memory: check that worker's log, then start the job again.",
    ),
    "work.lease_lost": "This work item was cancelled, or another worker has taken it over.",
    "work.unknown_kind": (
        "This worker does not know work items of the kind {kind:quoted}: install the same version as the workbench."
    ),
    "work.settings_differ": (
        "The worker has other settings for {workload} than the workbench ({names:list}). Set the same {prefix}… "
        "variables for both and restart the worker."
    ),
    "work.too_long": "This took longer than {limit:seconds} (SHIFUMI_CELERY_TIME_LIMIT_S) and was stopped.",
    "work.no_text": "The work item failed without a message.",
    "check.preparing_store": "Creating the MLflow tables (first time only, takes some seconds)",
    "check.evaluated": "Evaluated: {reason:message}",
    "check.comparing": "Comparing champion and challenger",
    "check.drawing": "{kind:term}; drawing plots",
    "check.decided": "{kind:term}: {reason:message}",
    "check.nothing_new": "Nothing new since dataset {dataset}. {kind:term}: {reason:message}",
    "discord.alarm": "⚠ {workload}: alarm, a challenger is trained",
    "discord.pending": "{workload}: challenger v{version} waits for one more dataset",
    "discord.promoted": "{workload}: challenger v{version} promoted",
    "discord.rejected": "{workload}: challenger v{version} rejected",
    "discord.rolled-back": "{workload}: v{version} serves again",
    "generate.done": "Dataset {dataset}: {rows:count} {unit:term}",
    "predict.no_model": "There is no model yet. Train one on the Train page, then upload again.",
    "predict.progress": Plural("rows", "{rows:count} row predicted", "{rows:count} rows predicted"),
    "predict.done": Plural(
        "rows",
        "{rows:count} row predicted by version {version}",
        "{rows:count} rows predicted by version {version}",
    ),
}

_OF_STORAGE: dict[str, str | Plural] = {
    "lake.disk_full": (
        "Not enough disk: this needs about {needed:megabytes} and {reserve:megabytes} must stay free, but "
        "{free:megabytes} are left. Free some space, choose fewer rows or set SHIFUMI_DATA_DIR to a larger disk."
    ),
    "lake.not_written": "The dataset could not be written: {error}",
    "lake.unreadable": (
        "The dataset file {file} cannot be read ({error}). Generate a new dataset; `python3 manage.py doctor --deep` "
        "lists damaged files."
    ),
    "lake.missing": (
        "The dataset file {file} is missing from the lake. Delete the dataset under Datasets and generate a new one; "
        "`python3 manage.py doctor` lists every such case."
    ),
    "dataset.none": "There is no dataset yet. Generate one on the Datasets page.",
    "dataset.quarantined": "Dataset {dataset} is quarantined: {findings:message}",
    "dataset.used_older": "{quarantined:message} The check used dataset {used}. {reason:message}",
    "dataset.all_quarantined": (
        "Dataset {dataset} is quarantined, and there is no other one. Accept it on the Datasets page, or create "
        "another."
    ),
    "dataset.not_quarantined": "Dataset {dataset} is not quarantined.",
    "dataset.reason": "Say in 1 to {most:count} characters why the dataset is accepted.",
    "dataset.gone": "Dataset {dataset} no longer exists.",
    "samples.no_reference": "The training data of version {version} no longer exists.",
    "samples.no_right_and_wrong": "Single samples are right or wrong in a classification only; this is {task}.",
    "samples.too_many": "The dataset has {rows:count} rows; up to {most:count} are predicted again here.",
    "samples.changed": "Images of this dataset were deleted since, so its samples cannot be named.",
    "samples.no_rows": "Distributions are drawn for rows of numbers.",
    "samples.no_dataset": "The dataset of this decision no longer exists.",
    "samples.one_model": "This decision is not about two models.",
    "dataset.in_use": "A job is using this data right now. Wait for it or cancel it, then delete.",
    "upload.too_large": "The file is {size:megabytes}; the limit is {limit:megabytes}. Split it into smaller files.",
    "upload.gone": "The uploaded file no longer exists. Upload it again.",
    "csv.empty": "The file is empty. It needs a header with the columns {columns:all}.",
    "csv.irregular": "Line {line} is not valid CSV: {error}.",
    "csv.not_utf8": "The file is not UTF-8 text. Save it as “CSV UTF-8” and upload it again.",
    "csv.first_line": "The first line is longer than {limit:count} bytes: this is not a CSV file.",
    "csv.missing": "Column {missing:all} is missing. Found: {found}. Needed: {needed:list}.",
    "csv.separator": (
        "Column {missing:all} is missing. Found: {found}. Needed: {needed:list}. Separate the columns with commas, not "
        "semicolons or tabs."
    ),
    "csv.twice": "Column {columns:all} appears more than once. Keep one of them.",
    "csv.changed": "The file changed while it was read. Upload it again.",
    "csv.row_length": "Line {line} has {values:count} values, but the header names {columns:count} columns.",
    "csv.no_number": "Line {line}, column {column}: “{value}” is not a finite number.",
    "csv.no_rows": "The file has a header but no rows.",
    "output.none": "This job has no result.",
    "output.removed": "The result was removed; results are kept for a week. Upload the file again.",
}

TEMPLATES: dict[str, str | Plural] = {
    **_OF_ANYBODY,
    **_OF_STORAGE,
    **_OF_THE_LOOP,
    **_OF_JOBS,
    **OF_IMAGES,
    **OF_SERVICES,
    **OF_FEEDBACK,
}
"""Code to template."""
