"""The model card of the champion, and all registered versions."""

from __future__ import annotations

from core.models.registry import Version
from core.reporting.document import Block, Facts, Heading, Paragraph, Table
from core.reporting.records import Records
from core.reporting.text import MISSING, interval, moment


def models(records: Records) -> list[Block]:
    """The champion in detail, the other versions in a table."""
    blocks: list[Block] = [Heading("Models")]
    if records.problem:
        blocks.append(Paragraph(f"MLflow did not answer, so models are missing here: {records.problem}", missing=True))
    elif not records.versions:
        blocks.append(Paragraph("No model has been registered.", missing=True))
    if records.champion is not None:
        blocks += [Heading(f"Model card: champion, version {records.champion.version}", 3), _card(records)]
    elif records.versions:
        blocks.append(Paragraph("No version has the alias champion.", missing=True))
    if records.versions:
        blocks.append(_table(records))
    return blocks


def _card(records: Records) -> Facts:
    champion = records.champion
    assert champion is not None  # noqa: S101 - asked for by the caller
    run = records.runs.get(champion.run_id)
    parameters = dict(run.parameters) if run else {}
    own = {name: value for name, value in parameters.items() if not name.startswith("data.")}
    facts = [
        ("Version", f"{champion.version} ({', '.join(champion.aliases)})"),
        ("Task", records.workload.task),
        ("Algorithm", own.pop("model", None) or own.pop("architecture", None) or MISSING),
        ("Trained on", trained_on(champion)),
        ("Trained at", moment(champion.created_at)),
        ("Training took", MISSING if champion.training_s is None else f"{champion.training_s:.1f} s"),
        ("MLflow run", champion.run_id or MISSING),
        ("Prefect run", (run.flow_run_id if run else "") or MISSING),
        ("SHA-256 of the exported model", champion.sha256 or MISSING),
        ("SHA-256 of data and parameters", champion.fingerprint or MISSING),
    ]
    facts += [(f"Parameter {name}", value) for name, value in sorted(own.items())]
    facts += [
        (f"Metric {name} (MLflow)", f"{value:.4f}") for name, value in sorted((run.metrics if run else {}).items())
    ]
    return Facts([*facts, *_measured(records, champion)])


def _measured(records: Records, champion: Version) -> list[tuple[str, str]]:
    found = [one for one in records.evaluations if one.version == champion.version]
    newest = sorted(found, key=lambda one: (one.dataset_id, one.id))[-5:]
    if not newest:
        return [("Evaluated", "not yet")]
    figures = [(one, interval(one.value, one.ci_low, one.ci_high)) for one in newest]
    return [(f"{one.metric} on dataset {one.dataset_id}", f"{figure}, {moment(one.at)}") for one, figure in figures]


def trained_on(version: Version) -> str:
    """ "datasets 3, 4", or that a version came with the product."""
    if not version.trained_on:
        return "starter model, trained before it was installed"
    listed = ", ".join(str(number) for number in version.trained_on)
    return f"dataset{'s' if len(version.trained_on) > 1 else ''} {listed}"


def _table(records: Records) -> Table:
    rows = []
    for one in records.versions:
        last = records.newest_evaluation(one.version)
        measured = MISSING if last is None else interval(last.value, last.ci_low, last.ci_high)
        rows.append(
            (
                str(one.version),
                ", ".join(one.aliases) or "–",
                trained_on(one),
                f"{measured}{'' if last is None else f' on dataset {last.dataset_id}'}",
                one.run_id or MISSING,
                one.sha256 or MISSING,
            )
        )
    columns = ("version", "aliases", "trained on", f"last {records.workload.metric}", "MLflow run", "SHA-256")
    return Table("Registered versions, newest first", columns, rows, (8, 12, 16, 20, 20, 24), newest_first=True)
