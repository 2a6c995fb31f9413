"""The decisions: all in a list, and the evidence of each that was about more than one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog.tables import Decision
from core.config.message_formats import p_text
from core.config.messages import render
from core.jobs import jobs
from core.loop import history
from core.loop.decisions import KEPT
from core.loop.power import POWER, least_gain
from core.reporting.document import Block, Facts, Heading, Matrices, Matrix, Paragraph, Table
from core.reporting.records import Records
from core.reporting.text import MISSING, interval, moment
from core.reporting.timeline import LOOKS
from core.workloads.base import Evidence

DETAILED = 60
"""Decisions with their evidence; each takes half a page."""


def decisions_of(records: Records) -> list[Block]:
    """What was decided, why, on which figures."""
    blocks: list[Block] = [Heading("Decisions")]
    if not records.decisions:
        return [*blocks, Paragraph("No decision has been made yet.", missing=True)]
    blocks.append(_list(records))
    interesting = [one for one in records.decisions if one.kind != KEPT]
    if len(interesting) > DETAILED:
        text = f"Evidence follows for the newest {DETAILED} of {len(interesting)} decisions that were not 'kept'."
        blocks.append(Paragraph(text, missing=True))
    for decision in interesting[-DETAILED:]:
        blocks += _evidence_of(decision, records)
    return blocks


def _list(records: Records) -> Table:
    rows = [
        (
            str(one.id),
            moment(one.at),
            LOOKS[one.kind].label,
            _number(one.dataset_id),
            _number(one.champion_version),
            _number(one.challenger_version),
            "–" if one.metric is None else f"{one.metric:.3f}",
            render(one.reason),
        )
        for one in records.decisions
    ]
    columns = ("no.", "at", "decision", "dataset", "champion", "challenger", records.workload.metric, "why")
    return Table("All decisions, oldest first", columns, rows, (5, 14, 12, 8, 9, 10, 9, 33))


def _evidence_of(decision: Decision, records: Records) -> list[Block]:
    """One decision in detail."""
    details, unit = decision.details or {}, records.workload.unit
    facts = [
        ("At", moment(decision.at)),
        ("Why", render(decision.reason)),
        ("Dataset", _number(decision.dataset_id)),
        ("Prefect run", _prefect_run(decision)),
    ]
    sides = _sides(decision, details)
    facts += _mlflow_runs(decision, records)
    facts += [(name, _measured(figures, unit)) for name, figures in sides.items()]
    facts += _test(details) + _added_up(decision, details)
    heading = Heading(f"Decision {decision.id}: {LOOKS[decision.kind].label}", 3)
    return [heading, Facts(facts), *_matrices(sides), *_drift(details.get("drift"))]


def _prefect_run(decision: Decision) -> str:
    if not decision.flow_run_id:
        return "none: not decided by a check that Prefect ran"
    job = jobs.of_flow_run(decision.flow_run_id)
    return f"{decision.flow_run_id}, started by {job.created_by if job else MISSING}"


def _mlflow_runs(decision: Decision, records: Records) -> list[tuple[str, str]]:
    known = {one.version: one.run_id for one in records.versions}
    versions = (decision.champion_version, decision.challenger_version)
    return [(f"MLflow run of v{one}", known.get(one) or MISSING) for one in versions if one is not None]


def _sides(decision: Decision, details: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    versions = {"champion": decision.champion_version, "challenger": decision.challenger_version}
    return {
        f"{role.capitalize()} v{version}": details[role]
        for role, version in versions.items()
        if "value" in (details.get(role) or {})
    }


def _measured(figures: Mapping[str, Any], unit: str) -> str:
    low, high = figures.get("ci") or (None, None)
    samples = figures.get("samples")
    on = f" on {samples:,} {unit}" if isinstance(samples, int) else ""
    return f"{interval(figures['value'], low, high)}{on}"


def _test(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The paired test on the newest dataset, and its power."""
    comparison = details.get("comparison")
    found = (comparison or {}).get("details") or {}
    if comparison is None or not found:
        return []
    words = [str(found.get("test", MISSING)), p_text(comparison.get("p_value"))]
    if "only_first_right" in found:
        words.append(f"only champion right {found['only_first_right']:,}")
        words.append(f"only challenger right {found['only_second_right']:,}")
    if "gain" in found:
        words.append(f"gain {found['gain']:+.4f}")
    if "low" in found and "high" in found:
        words.append(f"95 % interval {found['low']:+.4f} to {found['high']:+.4f}")
    facts = [("Paired test", ", ".join(words))]
    if (least := least_gain(details)) is not None:
        facts.append(("Power", f"such a test finds a gain of {least:.3f} in {POWER:.0%} of cases"))
    return facts


def _added_up(decision: Decision, details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The evidence over all datasets so far."""
    facts = []
    if details.get("evidence"):
        facts.append(("Evidence on the challenger since the alarm", _evidence(*history.evidence_until(decision))))
    if details.get("shadow"):
        facts.append(
            ("Evidence on the previous champion since the promotion", _evidence(*history.shadow_until(decision)))
        )
    return facts


def _evidence(found: Evidence, datasets: int) -> str:
    value = f"{found.e_value:.3g}" if found.e_value < 1e6 else "above 1,000,000"
    of = "1 dataset" if datasets == 1 else f"{datasets} datasets"
    return f"e-value {value}, mean gain {found.mean_gain:+.4f}, {found.samples:,} samples of {of}"


def _matrices(sides: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    made = []
    for name, figures in sides.items():
        if counts := figures.get("confusion_matrix"):
            known = figures.get("classes") or []
            names = [str(known[place]) if place < len(known) else "–" for place in range(len(counts))]
            made.append(Matrix(f"{name}: confusion matrix", names, counts))
    return [Matrices(tuple(made))] if made else []


def _drift(drift: Mapping[str, Any] | None) -> list[Block]:
    if not drift or not drift.get("tests"):
        return []
    rows = [
        (
            str(one["feature"]),
            f"{one['distance']:.3f}",
            p_text(one["p_adjusted"]).removeprefix("p "),
            "yes" if one["drift"] else "no",
        )
        for one in drift["tests"]
    ]
    columns = ("feature", "distance", "adjusted p-value", "drift")
    return [Table("Drift against the champion's training data", columns, rows, (40, 20, 25, 15))]


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
