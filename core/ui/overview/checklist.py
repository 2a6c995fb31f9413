"""First steps for a new user, ticked off from what happened in this installation."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading
from core.catalog.tables import ApiToken, AuditEvent, Dataset, Decision, Job, PredictionBatch
from core.config.settings import get_settings
from core.jobs import jobs
from core.loop.decisions import PENDING, PROMOTED, REJECTED
from core.workloads import WORKLOADS

_SKIP = "checklist.skip"
_TRAINED = (PENDING, PROMOTED, REJECTED)
DISCORD = "discord"


_STEPS = (
    ("login", "Log in", "Done.", "", Role.VIEWER),
    ("dataset", "Create a dataset", "The defaults are fine.", "datasets.py", Role.EDITOR),
    ("model", "Train a first model", "Starts automatically once there is data.", "train.py", Role.EDITOR),
    ("prediction", "Make a prediction", "For one point, or for a CSV file.", "predict.py", Role.VIEWER),
    (
        "drift",
        "Simulate drift",
        "Generate data with another angle: the next check finds that the champion no longer fits.",
        "datasets.py",
        Role.EDITOR,
    ),
    (
        "recovery",
        "Watch a better model get promoted",
        "A challenger is trained and waits. Generate one more dataset with the same angle: it confirms that the "
        "challenger is better, and the check promotes it. The timeline shows both.",
        "datasets.py",
        Role.EDITOR,
    ),
    ("token", "Create an API token", "For programs that request predictions over HTTP.", "admin.py", Role.ADMIN),
    (
        DISCORD,
        "Set up Discord notifications",
        "Set SHIFUMI_DISCORD_WEBHOOK_URL and send a test message, or skip this step.",
        "admin.py",
        Role.ADMIN,
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """``page`` is the file name of the page where the step is done; empty when there is nothing to do.
    ``skipped`` counts as done."""

    key: str
    title: str
    hint: str
    page: str
    done: bool
    skipped: bool = False
    needs: Role = Role.VIEWER


def steps() -> list[Step]:
    """All steps in order. Raises ``CatalogUnavailableError``."""
    done = _facts()
    dipped = _first_dip()
    told = get_settings().discord_webhook_url is not None
    done |= {"login": True, "drift": dipped is not None, "recovery": dipped is not None and _promoted_since(dipped)}
    done[DISCORD] = told or done["skipped"]
    skipped = {DISCORD} if done["skipped"] and not told else set()
    return [Step(key, title, hint, page, done[key], key in skipped, needs) for key, title, hint, page, needs in _STEPS]


def skip_discord(actor: Actor) -> None:
    """Skip the Discord step. Raises ``ForbiddenError`` below admin."""
    require(actor, Role.ADMIN)
    audit.record_event(actor, _SKIP, DISCORD)


def _facts() -> dict[str, bool]:
    """Which steps are done, in one query; datasets deleted since still count."""
    answered = Job.kind == jobs.PREDICT_FILE, Job.state == jobs.COMPLETED
    asked = {
        "dataset": or_(exists(select(Dataset.id)), _done("dataset.create")),
        "model": exists(select(Decision.id).where(Decision.kind == PROMOTED)),
        "prediction": or_(exists(select(PredictionBatch.id)), exists(select(Job.id).where(*answered))),
        "token": exists(select(ApiToken.id)),
        "skipped": _done(_SKIP, DISCORD),
    }
    query: Select[tuple[bool, ...]] = select(*(question.label(name) for name, question in asked.items()))
    with reading() as session:
        row = session.execute(query).one()
    return {name: bool(value) for name, value in row._mapping.items()}


def _done(action: str, subject: str | None = None) -> exists:  # type: ignore[valid-type]
    query = select(AuditEvent.id).where(AuditEvent.action == action)
    return exists(query.where(AuditEvent.subject == subject) if subject else query)


def _first_dip() -> int | None:
    """The first decision at which the data had drifted or the champion was below the threshold."""
    query = select(Decision).where(Decision.champion_version.is_not(None)).order_by(Decision.id)
    with reading() as session:
        suspects = session.scalars(query.where(or_(Decision.drift, Decision.kind.in_(_TRAINED))).limit(500))
        return next((one.id for one in suspects if one.drift or _fell(one)), None)


def _fell(decision: Decision) -> bool:
    workload = WORKLOADS.get(decision.workload)
    figures = (decision.details or {}).get("champion")
    return workload is not None and figures is not None and float(figures["value"]) < workload.threshold


def _promoted_since(decision_id: int) -> bool:
    with reading() as session:
        found = session.scalar(
            select(Decision.id).where(Decision.id >= decision_id, Decision.kind == PROMOTED).limit(1)
        )
    return found is not None
