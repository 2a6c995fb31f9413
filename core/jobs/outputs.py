"""Output files of jobs, available to the user who started the job, for a week."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from core.auth.roles import Actor, ForbiddenError, Role, require
from core.config.messages import say
from core.jobs import jobs
from core.storage import buckets, lake
from core.storage.object_store import ObjectMissingError


def path_of(actor: Actor, job_id: str, kind: str, name: str = "output") -> Path:
    """The output file ``result[name]`` of the actor's own job of that kind.

    Raises ``ForbiddenError`` for another user's, ``LookupError`` when there is none (any more),
    ``lake.LakeUnreachableError``.
    """
    require(actor, Role.VIEWER)
    job = jobs.get(job_id)
    if job is None or job.kind != kind or job.state != jobs.COMPLETED:
        raise LookupError(say("output.none"))
    if job.created_by != actor.username:
        raise ForbiddenError("Only the user who uploaded a file can download its result.")
    try:
        with lake.reached():
            return buckets.fetch(buckets.OUTPUTS, Path(str(job.result[name])).name)
    except ObjectMissingError as error:
        raise LookupError(say("output.removed")) from error


def unfinished(name: str) -> Path:
    """The temporary file for the output ``name``; the writer removes it on failure.

    Unique per process: a worker considered dead that resumes must not write to its successor's file.
    """
    folder = buckets.folder(buckets.OUTPUTS)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f".{Path(name).name}.{socket.gethostname()}-{os.getpid()}.tmp"


def keep(name: str) -> None:
    """Rename the finished file to its final name. Raises ``OSError`` and ``lake.LakeUnreachableError``."""
    with lake.reached():
        buckets.keep(buckets.OUTPUTS, unfinished(name), Path(name).name)
