"""Rows in the catalog as the loop would have left them, for tests that need many or odd ones."""

from datetime import datetime, timedelta
from typing import Any

from core.catalog.engine import writing
from core.catalog.tables import Decision, Evaluation, utcnow
from core.config.messages import as_json, say, text

DRIFTED: dict[str, Any] = {
    "found": True,
    "summary": as_json(say("drift.found", features=["x1"], method="ks")),
    "tests": [],
}
CALM: dict[str, Any] = {"found": False, "summary": as_json(say("drift.none", method="ks")), "tests": []}
"""What a comparison of data left in a decision's details."""


def figures(value: float) -> dict[str, Any]:
    """What a decision keeps about one model."""
    return {"value": value, "ci": [value - 0.01, value + 0.01], "samples": 400}


def decision(
    kind: str,
    champion: float | None = None,
    challenger: float | None = None,
    *,
    versions: tuple[int | None, int | None] = (None, None),
    dataset_id: int | None = 1,
    drift: dict[str, Any] | None = None,
    minutes_ago: float = 0.0,
    **more: Any,
) -> Decision:
    """A decision that is not stored; ``versions`` are the champion's and the challenger's."""
    old, new = (None if value is None else figures(value) for value in (champion, challenger))
    values: dict[str, Any] = {
        "workload": "linear",
        "reason": (text(f"because of {kind}"),),
        "drift": bool(drift and drift["found"]),
        "metric": challenger if challenger is not None else champion,
        "champion_version": versions[0],
        "challenger_version": versions[1],
        "dataset_id": dataset_id,
        "details": {"champion": old, "challenger": new, "comparison": None, "drift": drift},
        "at": ago(minutes_ago),
    }
    return Decision(kind=kind, **(values | more))


def ago(minutes: float) -> datetime:
    return utcnow() - timedelta(minutes=minutes)


def evaluation(version: int, value: float, dataset_id: int = 1) -> Evaluation:
    """One measurement of a version of ``linear``."""
    low, high = value - 0.01, value + 0.01
    return Evaluation(
        workload="linear",
        version=version,
        dataset_id=dataset_id,
        metric="accuracy",
        value=value,
        ci_low=low,
        ci_high=high,
    )


def store(*rows: Any) -> None:
    """Into this test's catalog, in the given order."""
    for row in rows:
        with writing() as session:
            session.add(row)
