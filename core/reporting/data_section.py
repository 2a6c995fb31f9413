"""The datasets: origin, size, status, checksums, and what broke the data contract."""

from __future__ import annotations

from core.catalog.tables import Dataset
from core.config.messages import render
from core.reporting.contract_drawings import picture
from core.reporting.document import Block, Heading, Paragraph, Table
from core.reporting.records import Records
from core.reporting.text import MISSING, moment, pairs
from core.storage.datasets import ACCEPTED, QUARANTINED
from core.workloads.contract import findings_from_json


def data(records: Records) -> list[Block]:
    """Every dataset; those that were quarantined with the reasons."""
    blocks: list[Block] = [Heading("Data"), *_deleted(records)]
    if not records.datasets:
        blocks.append(Paragraph("There are no datasets.", missing=True))
    else:
        blocks += [_list(records), _checksums(records)]
    if records.images:
        blocks.append(_images(records))
    for dataset in records.datasets:
        if dataset.findings:
            blocks += _findings(dataset)
    return blocks


def _list(records: Records) -> Table:
    unit = records.workload.unit
    rows = [
        (
            str(one.id),
            f"{one.rows:,}",
            one.status,
            one.created_by,
            moment(one.created_at),
            pairs(one.parameters),
        )
        for one in records.datasets
    ]
    columns = ("dataset", unit, "status", "made by", "made at", "source (parameters)")
    return Table("Datasets, oldest first", columns, rows, (8, 8, 11, 12, 20, 41))


def _checksums(records: Records) -> Table:
    rows = [(str(one.id), one.sha256, f"{one.bytes:,}") for one in records.datasets]
    return Table("Checksums of the files", ("dataset", "SHA-256", "bytes"), rows, (10, 72, 18))


def _images(records: Records) -> Table:
    rows = [(*kinds, f"{count:,}") for kinds, count in records.images.items()]
    return Table("Images in the store", ("source", "split", "state", "images"), rows, (30, 20, 30, 20))


def _findings(dataset: Dataset) -> list[Block]:
    held = "quarantined" if dataset.status == QUARANTINED else dataset.status
    blocks: list[Block] = [Heading(f"Dataset {dataset.id}: {held}", 3)]
    if dataset.status == ACCEPTED:
        why = dataset.accepted_reason or MISSING
        who = dataset.accepted_by or MISSING
        blocks.append(Paragraph(f"Accepted by {who} at {moment(dataset.accepted_at)}: {why}"))
    else:
        blocks.append(Paragraph("Nothing is trained or evaluated on it until a user accepts it."))
    for one in findings_from_json(dataset.findings):
        blocks.append(Paragraph(render(one.message)))
        if (drawn := picture(one.evidence)) is not None:
            blocks.append(drawn)
    return blocks


def _deleted(records: Records) -> list[Block]:
    named = {one.dataset_id for one in records.decisions if one.dataset_id is not None}
    gone = sorted(named - {one.id for one in records.datasets})
    if not gone or records.total[0] > len(records.datasets):
        return []
    listed = ", ".join(str(number) for number in gone)
    text = f"Decisions name datasets that the catalog does not have any more, because they were deleted: {listed}."
    return [Paragraph(text, missing=True)]
