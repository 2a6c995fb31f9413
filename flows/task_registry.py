"""Tasks for workers: plain functions from arguments to a result, both JSON, the same with and without workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.auth.roles import Actor, Role
from core.config.messages import as_json_list, say
from core.config.progress import Report
from core.config.settings import Settings
from core.images import archive_import
from core.labelling import proposals
from core.loop import training as training_step
from core.predictions import files as prediction_files
from core.predictions import videos as video_predictions
from core.storage import datasets
from core.storage.integrity import parameters_sha256
from core.workloads import get_workload
from core.workloads.base import UsesGpu
from core.workloads.image_collections import collection_of

TRAIN, PREDICT_FILE, PREDICT_VIDEO = "train", "predict-file", "predict-video"
IMPORT, PROPOSE = "import-images", "propose-boxes"

Arguments = Mapping[str, Any]


class SettingsDifferError(ValueError):
    """The worker's settings would train something else; the message names the settings."""


def training(workload: str, window: Sequence[int], flow_run_id: str | None) -> dict[str, Any]:
    """The arguments of a training on the datasets of ``window``, oldest first, including its parameters, so that a
    worker with other settings notices."""
    parameters = dict(get_workload(workload).training_parameters)
    return {"workload": workload, "window": list(window), "flow_run_id": flow_run_id, "parameters": parameters}


def queue_of(settings: Settings, kind: str, arguments: Arguments) -> str:
    """Its queue: trainings that benefit from a GPU in the configured queue, all else in ``default``."""
    if kind == TRAIN and settings.celery_gpu_queue:
        learnt = get_workload(str(arguments["workload"]))
        if isinstance(learnt, UsesGpu) and learnt.wants_gpu:
            return settings.celery_gpu_queue
    return "default"


def run_task(kind: str, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Execute it here. Raises the task's errors, and ``LookupError`` for a task unknown to this version."""
    if kind not in _TASKS:
        raise LookupError(say("work.unknown_kind", kind=kind))
    return _TASKS[kind](arguments, report)


def _train(arguments: Arguments, report: Report) -> dict[str, Any]:
    workload = str(arguments["workload"])
    _require_same(workload, arguments["parameters"])
    window = [found for one in arguments["window"] if (found := datasets.get(int(one))) is not None]
    if len(window) < len(arguments["window"]):
        raise LookupError(say("training.dataset_deleted"))
    return {"version": training_step.train(workload, window, arguments["flow_run_id"], report).version}


def _require_same(workload: str, asked: Mapping[str, Any]) -> None:
    here = dict(get_workload(workload).training_parameters)
    if parameters_sha256(here) != parameters_sha256(dict(asked)):
        names = sorted(name for name in here.keys() | asked.keys() if here.get(name) != asked.get(name))
        raise SettingsDifferError(
            say("work.settings_differ", workload=workload, names=names, prefix=f"SHIFUMI_{workload.upper()}_")
        )


def _predict_file(arguments: Arguments, report: Report) -> dict[str, Any]:
    return asdict(
        prediction_files.predict_file(arguments["workload"], arguments["upload"], arguments["job_id"], report)
    )


def _predict_video(arguments: Arguments, report: Report) -> dict[str, Any]:
    answered = video_predictions.predict_video(
        arguments["workload"], arguments["upload"], float(arguments["confidence"]), arguments["job_id"], report
    )
    return {**asdict(answered), "message": as_json_list(video_predictions.summary(answered))}


def _import(arguments: Arguments, report: Report) -> dict[str, Any]:
    actor = Actor(arguments["username"], Role.EDITOR)
    collection = collection_of(arguments["workload"])
    done = archive_import.import_upload(
        actor,
        arguments["upload"],
        arguments["class_mapping"],
        collection,
        report,
        without_label=arguments.get("without_label"),
    )
    return {"in_short": done.in_short(), "message": as_json_list(done.messages()), "unlabelled": done.unlabelled}


def _propose(arguments: Arguments, report: Report) -> dict[str, Any]:
    done = proposals.propose_all(Actor(arguments["username"], Role.EDITOR), arguments["workload"], report)
    return {**asdict(done), "message": as_json_list((done.message(),))}


_TASKS: Mapping[str, Callable[[Arguments, Report], dict[str, Any]]] = {
    TRAIN: _train,
    PREDICT_FILE: _predict_file,
    PREDICT_VIDEO: _predict_video,
    IMPORT: _import,
    PROPOSE: _propose,
}
