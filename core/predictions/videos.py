"""Videos predicted by the champion: validated on upload, annotated in the background, written atomically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.auth.roles import Actor, Role, require
from core.config.messages import Messages, message_of, say
from core.config.progress import Report
from core.jobs import outputs as job_outputs
from core.models import registry
from core.models.serving import Served, load_served, served_starter
from core.storage import lake, uploads
from core.vision.video import SUFFIXES, AnnotatedVideo, BadVideoError, annotate, inspect_video


@dataclass(frozen=True, slots=True)
class PredictedVideo:
    """``video`` (MP4) and ``table`` (CSV) are names in the outputs folder; version 0 is the starter model."""

    watched: AnnotatedVideo
    version: int
    video: str
    table: str


def save_upload(actor: Actor, content: BinaryIO, filename: str) -> str:
    """Store an uploaded video under a generated name and return the name.

    Raises :class:`BadVideoError` when it is invalid, and ``lake.LakeError``.
    """
    require(actor, Role.VIEWER)
    suffix = Path(filename).suffix.lower()
    try:
        name = uploads.keep(content, suffix if suffix[1:] in SUFFIXES else ".video", room=2.0)
    except uploads.UploadTooLargeError as error:
        raise BadVideoError(message_of(error)) from error
    try:
        inspect_video(uploads.path_of(name))
    except (BadVideoError, OSError):
        uploads.discard(name)
        raise
    return name


def predict_video(workload: str, upload: str, confidence: float, job_id: str, report: Report) -> PredictedVideo:
    """Annotate an upload into ``<job_id>.mp4`` and ``<job_id>.csv``.

    Raises :class:`BadVideoError`, or ``lake.DiskFullError``, without leaving output files. The upload is deleted in
    either case.
    """
    source = uploads.path_of(upload)
    if not source.is_file():
        raise BadVideoError(say("upload.gone"))
    video, table = (f"{Path(job_id).name}{kind}" for kind in (".mp4", ".csv"))
    unfinished = [job_outputs.unfinished(name) for name in (video, table)]
    try:
        lake.require_space(unfinished[0].parent, 2 * source.stat().st_size)
        served = _served(workload)
        watched = annotate(source, unfinished[0], unfinished[1], served.predictor, confidence, report)
        for name in (video, table):
            job_outputs.keep(name)
    finally:
        uploads.discard(upload)
        for path in unfinished:
            path.unlink(missing_ok=True)
    return PredictedVideo(watched, served.version.version, video, table)


def summary(answered: PredictedVideo) -> Messages:
    """The result as a message."""
    watched = answered.watched
    done = say("video.done_starter", frames=watched.frames, found=watched.found)
    if answered.version:
        done = say("video.done", frames=watched.frames, found=watched.found, version=answered.version)
    return (done, say("video.cut_off")) if watched.cut_off else (done,)


def _served(workload: str) -> Served:
    """The champion, or the starter model. Raises :class:`BadVideoError` when there is neither."""
    champion = registry.champion(workload) if registry.store_exists() else None
    served = load_served(champion) if champion else served_starter(workload)
    if served is None:
        raise BadVideoError(say("predict.no_model"))
    return served
