"""Files that jobs made for the person who asked: found again by that person, for a week."""

from __future__ import annotations

from pathlib import Path

from core import jobs
from core.auth.roles import Actor, ForbiddenError, Role, require
from core.settings import get_settings


def path_of(actor: Actor, job_id: str, kind: str, name: str = "output") -> Path:
    """The finished file ``result[name]`` of the actor's own job of that kind.

    Raises ``ForbiddenError`` for somebody else's, ``LookupError`` when there is none (any more).
    """
    require(actor, Role.VIEWER)
    job = jobs.get(job_id)
    if job is None or job.kind != kind or job.state != jobs.COMPLETED:
        raise LookupError("This run has no result.")
    if job.created_by != actor.username:
        raise ForbiddenError("Only the person who uploaded a file can fetch its result.")
    path = get_settings().outputs_dir / Path(str(job.result[name])).name
    if not path.is_file():
        raise LookupError("The result was removed; results are kept for a week. Upload the file again.")
    return path
