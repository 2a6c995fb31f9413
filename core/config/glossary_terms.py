"""The terms of the glossary: shown in the app, written to ``docs/glossary.md`` and to evidence reports.

``core/ui/shell/glossary.py`` writes the document; run it after a change.
"""

from __future__ import annotations

from typing import Final

TERMS: Final[dict[str, str]] = {
    "alarm": "A reason to train: the champion's metric is below the threshold, its loss rose since the "
    "promotion, its accuracy on feedback fell, or a model fitted to the newest data would be better. Not "
    "to be confused with an alert of Prometheus.",
    "alias": "A movable name of a model version in the MLflow registry: champion, challenger, previous.",
    "API token": "Secret that a program sends with its requests to the prediction API. Only its hash is stored.",
    "adjusted p-value": "A p-value corrected for the number of tests, here with the Benjamini–Hochberg procedure.",
    "artifact": "A file that belongs to an MLflow run: the exported model, plots, parameters.",
    "AUC": "Area under the ROC curve: how well the probabilities rank the classes. 0.5 is chance, 1 is perfect.",
    "audit log": "Record of who changed what: logins, users, tokens, datasets, jobs, promotions.",
    "Brier score": "Squared distance between predicted probabilities and the truth, halved: 0 certain and right, "
    "1 certain and wrong.",
    "catalog": "The database (SQLite or PostgreSQL) with datasets, jobs, decisions, users and labels.",
    "challenger": "The model version that was trained last and is compared with the champion (candidate model).",
    "class": "One of the categories that a model predicts, such as rock or scissors.",
    "champion": "The model version that serves predictions.",
    "check": "One pass through the loop for each dataset without a decision: evaluate the champion, compare a "
    "pending challenger with it, promote, reject or wait; train a challenger if the gate asks for it.",
    "commitment": "In the game: a hash of the machine's throw, shown before the round so that it cannot change.",
    "concurrency key": "Unique key of a job while it waits or runs: a second job with the same key is rejected.",
    "confirmation": "A dataset that a challenger was not trained on and was compared with the champion on.",
    "confidence": "The model's score for one prediction or one detected box, from 0 to 1.",
    "confidence interval": "Range from a method that covers the true value in 95 % of all samples; from the holdout.",
    "confidence sequence": "Confidence intervals that hold at all looks together, so that looking often costs nothing.",
    "confidence threshold": "Boxes with a lower confidence are not shown.",
    "confusion matrix": "Counts of true classes (rows) against predicted classes (columns).",
    "data contract": "What a new dataset must satisfy before anything is learned from it: finite values, all classes, "
    "usual units, labels no noisier than before.",
    "data folder": "The folder with everything that is created at run time.",
    "dataset": "An immutable snapshot of training data, identified by the SHA-256 of its content.",
    "decision": "The result of a check or of a manual action: kept, pending, promoted, rejected, rolled back, "
    "failed, quarantined.",
    "deployment": "A flow registered with Prefect under a name, with its parameters and, optionally, a schedule.",
    "discordant pair": "A sample that exactly one of two models predicts correctly. McNemar's test uses only these.",
    "data drift": "Short: drift. The newest data is distributed differently from the data that the champion was "
    "trained on.",
    "ECE": "Expected calibration error: mean absolute difference between confidence and accuracy over bins of "
    "confidence, weighted by their size; lower is better.",
    "e-value": "Evidence as winnings of a fair bet: if the challenger is not better, 20 or more has a probability of "
    "at most 1 in 20, however often one looks.",
    "evidence": "What paired comparisons have said about two models so far, added up over datasets as an e-value.",
    "epoch": "One pass over all training data.",
    "exported model": "The inference artifact of a version: a small, fast form of the trained model (NumPy or ONNX) "
    "that serves predictions.",
    "feedback": "The true label of a prediction, given afterwards by a person or a program.",
    "fine-tuning": "Training that starts from an existing model's weights.",
    "flow": "A Prefect workflow. It consists of Prefect tasks.",
    "flow runner": "The process that polls Prefect and executes flow runs.",
    "gate": "The rule that decides whether to train: no champion, an alarm, or a user's request; of images also drift.",
    "heartbeat": "Time stamp that a running job or worker renews. Without it, the job is ended as crashed.",
    "holdout": "The part of a dataset that no model is trained on. Of a dataset that is new to a model "
    "all rows are test data.",
    "hot swap": "Replacing the model in a running server without a failed request.",
    "image source": "Where an image comes from: webcam, upload, import, live (a reported mistake) or synthetic.",
    "imgsz": "Image size in pixels to which the detector scales its input, as in ultralytics.",
    "IoU": "Intersection over union: overlap of two boxes, 0 (none) to 1 (identical).",
    "Kolmogorov–Smirnov statistic": "The largest gap between two cumulative distributions, 0 to 1.",
    "job": "A long operation started by a user or by the schedule; one flow run carries it out.",
    "label": "What a person, an import or a renderer says about one sample: its class, or boxes with their classes. "
    "What a model predicts is no label but a prediction or a proposal.",
    "lake": "The folder or object store with all datasets as Parquet files.",
    "login session": "From logging in until logging out or expiry, in all tabs of one browser.",
    "lease": "A worker's time-limited claim on a work item. When it expires, another worker takes over.",
    "log loss": "Penalty for confident wrong probabilities; lower is better.",
    "loss": "What a prediction costs, lower is better: the Brier score of a classifier, the absolute error of "
    "a regression.",
    "mAP50": "Mean average precision at IoU 0.5: the main metric of a detector, 0 to 1.",
    "McNemar": "Exact test for two classifiers on the same rows. It uses only the rows on which exactly one is right.",
    "negative (no object)": "A labelled image that shows none of the classes, so it has no box. It teaches a "
    "detector where no box belongs.",
    "p-value": "Probability of a difference at least this large if the two models (or distributions) were equal.",
    "personal head": "A first training of seconds: only the class layers of the starter model are learnt, on one "
    "person's images. The full fine-tuning follows and has to beat it.",
    "pin": "An admin's decision that the champion stays until a date: checks go on and say what they would have "
    "changed, but nothing is promoted or rolled back.",
    "policy": "The settings of the loop that a decision depends on: threshold, significance levels, minimum gain.",
    "pending challenger": "A trained challenger that waits for the next dataset, which neither model was trained on.",
    "prediction API": "The HTTP server that predicts with the champion: a separate process beside the workbench.",
    "prequential evaluation": "Test, then train: a model is evaluated on data that came after its training, and only "
    "then is that data used for training.",
    "previous": "Alias of the version that was champion before; a rollback makes it champion again.",
    "promotion": "Giving the alias champion to another version.",
    "proposal": "A class or box suggested for an image by a model. It is used for training only after a user has "
    "accepted it.",
    "provenance": "Where a label comes from: a user, a model, an import or a renderer.",
    "power": "How large a gain must be for so many samples to show it, in four of five cases.",
    "quarantine": "Where a dataset is that breaks its data contract: kept and shown with the reasons, but neither "
    "trained on nor evaluated on until an editor accepts it.",
    "request id": "Identifies one predicted row or image, signed: what feedback refers to.",
    "review queue": "Images that wait for review on the Label page, most urgent first.",
    "rollback": "Making the previous champion the champion again.",
    "role": "What a user may do: viewer, editor or admin. Each includes the one before.",
    "run": "One execution. An MLflow run (or training run) is a training with its parameters, metrics and "
    "artifacts; a flow run is an execution of a Prefect flow.",
    "service": "A process or store of Shifumi: workbench, prediction API, Prefect, flow runner, catalog, …",
    "refit": "A simple model fitted to the newest dataset and cross-validated on it. If it is better than the "
    "champion, a training may help. It never serves.",
    "recording session": "Images that belong together: of one person on one day, or of one source. What is captured of "
    "a person is split by time; of another session all images are in the same split.",
    "shadow": "The previous champion after a promotion: evaluated on each new dataset, without serving. If it was "
    "better after all, it serves again.",
    "sample": "One row or one image of a dataset.",
    "split": "The part of the data that a sample belongs to: train, validation or test (holdout).",
    "starter model": "A model that is part of a workload. It serves at first, and the first check makes it "
    "the first champion.",
    "supervisor": "The process that starts, restarts and stops all other processes of Shifumi.",
    "synthetic images": "Rendered images with exact labels. They never evaluate a model that has real images.",
    "threshold": "Required minimum of the main metric. When the champion is below it, a check trains a challenger.",
    "throttle": "Limit for failed logins: after a few, further attempts have to wait.",
    "throw": "The hand shape shown in one round of rock-paper-scissors: rock, paper or scissors.",
    "version": "A registered model in the MLflow registry: v1, v2, …",
    "workbench": "The Streamlit app: all pages.",
    "worker": "An optional Celery process that executes training and other heavy work, possibly on another machine.",
    "work item": "One step of a job that a worker executes: a training, an import, a prediction of a file. Not a "
    "Prefect task.",
    "workload": "One learning problem: its data, training, metric and model. Everything else works with any workload.",
}
"""Term → meaning, in one or two sentences of plain text."""
