"""What a check would probably do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalog.tables import Dataset, Decision, Evaluation
from core.loop.decisions import PENDING
from core.models.registry import Version
from core.ui.shell.formats import score

Action = Literal["nothing", "first", "keep", "retrain", "unknown", "wait"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """``text`` says what a check would do now, and why."""

    action: Action
    text: str


def forecast(
    champion: Version | None,
    newest: Dataset | None,
    measured: Evaluation | None,
    decided: Decision | None,
    threshold: float,
    ships: bool = False,
) -> Forecast:
    """What "Check & retrain" would do. ``measured`` is the champion on ``newest``; ``decided`` the last decision;
    ``ships`` whether the workload has a starter model."""
    if newest is None:
        return Forecast("nothing", "There is no dataset to check on. Create a dataset first.")
    if champion is None and ships:
        words = f"No champion yet: the starter model becomes champion and is evaluated on dataset {newest.id}."
        return Forecast("first", words)
    if champion is None:
        return Forecast("first", f"No champion yet: a first model is trained on dataset {newest.id}.")
    who, where = f"Champion v{champion.version}", f"dataset {newest.id}"
    if measured is None:
        return Forecast("unknown", f"{who} has not been evaluated on {where} yet. A check does that, then decides.")
    if decided is not None and decided.kind == PENDING and decided.dataset_id == newest.id:
        words = f"Challenger v{decided.challenger_version} waits: one more dataset decides. Generate it, or promote v"
        return Forecast("wait", f"{words}{decided.challenger_version} now, under Versions.")
    reached = f"{who} reaches {score(measured.value)} on {where}"
    own = champion.dataset_sha256 == newest.sha256
    if measured.value < threshold:
        if own:
            return Forecast(
                "keep", f"{reached}, below {score(threshold)}, but it was trained on this dataset: nothing to gain."
            )
        return Forecast("retrain", f"{reached}, below {score(threshold)}: a check retrains.")
    if decided is not None and decided.dataset_id == newest.id:
        return Forecast(
            "keep", f"{reached}, above {score(threshold)}. The check has decided; new data starts the next."
        )
    return Forecast("keep", f"{reached}, above {score(threshold)}: a check keeps it, unless its loss rose.")
