"""What the loop knows, what it waits for, and what a check would do now: in one or two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalog.tables import Dataset, Decision, Evaluation
from core.loop.decisions import PENDING, REJECTED
from core.loop.loop_run import Challenge
from core.loop.policy import Policy
from core.models.registry import Version
from core.ui.shell.formats import score
from core.ui.train.evidence import e_value_text

Action = Literal["nothing", "first", "keep", "retrain", "unknown", "wait", "compare"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """``text`` says what a check would do now, and why. ``waiting`` is the version that waits for data, if one does."""

    action: Action
    text: str
    waiting: int | None = None


def forecast(
    champion: Version | None,
    upcoming: Dataset | None,
    measured: Evaluation | None,
    judged: Decision | None,
    challenge: Challenge | None,
    policy: Policy,
    ships: bool = False,
    *,
    cumulative: bool = False,
    full: bool = False,
) -> Forecast:
    """What "Run check" would do.

    ``upcoming`` is the dataset that the next check is about; ``measured`` the champion on it; ``judged`` the decision
    about it, when there is one; ``challenge`` the challenger that waits; ``ships``: the workload has a starter model;
    ``cumulative``: each dataset holds all earlier ones; ``full``: the full training of this dataset comes next.
    """
    if upcoming is None:
        return Forecast("nothing", "There is no dataset to check on. Create a dataset first.")
    if champion is None and ships:
        words = f"No champion yet: the starter model becomes champion and is evaluated on dataset {upcoming.id}."
        return Forecast("first", words)
    if champion is None:
        return Forecast("first", f"No champion yet: a first model is trained on dataset {upcoming.id}.")
    if full:
        words = f"The quick training of dataset {upcoming.id} was compared with champion v{champion.version}"
        return Forecast("retrain", f"{words}: a check trains fully now, which takes minutes, and compares again.")
    if judged is not None and challenge is not None and judged.kind == PENDING:
        return Forecast("wait", _waits(challenge, policy), challenge.challenger)
    if judged is not None:
        return Forecast("keep", _decided(champion, upcoming, measured, judged, policy.threshold))
    if challenge is not None:
        words = (
            f"Challenger v{challenge.challenger} waits for new data, and dataset {upcoming.id} is: a check compares it "
            f"with champion v{champion.version} there, then promotes it, rejects it or waits for more."
        )
        return Forecast("compare", words, challenge.challenger)
    return _before_the_gate(champion, upcoming, measured, policy.threshold, cumulative)


def _waits(challenge: Challenge, policy: Policy) -> str:
    """Why the challenger is not champion yet, and what would make it one."""
    who = f"Challenger v{challenge.challenger} waits"
    if not challenge.datasets:
        return (
            f"{who}: it has been evaluated only on the dataset that it was trained on, where any model looks good. One "
            "more dataset decides whether it is better than the champion; generate it with the same settings."
        )
    found = challenge.evidence
    where = "1 new dataset" if challenge.datasets == 1 else f"{challenge.datasets} new datasets"
    return (
        f"{who}: {where} showed a mean gain of {found.mean_gain:+.3f} with an e-value of {e_value_text(found)}; a "
        f"promotion needs {policy.promote_min_gain:+.3f} and {1 / policy.promote_alpha:,.0f}. One more dataset adds to "
        f"the evidence; after {policy.patience} without a promotion it is rejected."
    )


def _decided(
    champion: Version, dataset: Dataset, measured: Evaluation | None, judged: Decision, threshold: float
) -> str:
    who, where = f"Champion v{champion.version}", f"dataset {dataset.id}"
    reached = f"{who} reaches {score(measured.value)} on {where} (threshold {score(threshold)}). " if measured else ""
    if judged.kind == REJECTED:
        return f"{reached}Challenger v{judged.challenger_version} was not better there; the next dataset decides anew."
    return f"{reached}This dataset has been checked; the next check waits for new data."


def _before_the_gate(
    champion: Version, dataset: Dataset, measured: Evaluation | None, threshold: float, cumulative: bool
) -> Forecast:
    who, where = f"Champion v{champion.version}", f"dataset {dataset.id}"
    if measured is None:
        return Forecast("unknown", f"{who} has not been evaluated on {where} yet. A check does that, then decides.")
    reached = f"{who} reaches {score(measured.value)} on {where}"
    if measured.value >= threshold:
        met = f"{reached} and meets the threshold {score(threshold)}"
        unless = "enough of its images are new" if cumulative else "its loss rose or a refit is better"
        return Forecast("keep", f"{met}: a check keeps it, unless {unless}.")
    if champion.dataset_sha256 == dataset.sha256:
        words = "but it was trained on this dataset: nothing to gain."
        return Forecast("keep", f"{reached}, below the threshold {score(threshold)}, {words}")
    return Forecast("retrain", f"{reached}, below the threshold {score(threshold)}: a check trains a challenger.")
