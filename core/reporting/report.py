"""An evidence report: who may have it, what is in it, and its two files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.reporting.closing_section import software, terms
from core.reporting.data_section import data
from core.reporting.decision_section import decisions_of
from core.reporting.document import Block, Document
from core.reporting.html_writer import to_html
from core.reporting.model_section import models
from core.reporting.records import Records, gather
from core.reporting.summary_section import summary
from core.reporting.text import moment

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")


@dataclass(frozen=True, slots=True)
class Report:
    """``name`` is a file name without its ending; ``files`` maps each format to its bytes."""

    name: str
    files: dict[Format, bytes]


def export(actor: Actor, workload: str, formats: tuple[Format, ...] = FORMATS) -> Report:
    """Write the report on ``workload``; the audit log keeps that.

    Raises ``ForbiddenError``, ``LookupError`` for an unknown workload and
    :class:`core.catalog.engine.CatalogUnavailableError`.
    """
    # Matplotlib costs half a second, which the page that offers the report should not pay.
    from core.reporting.pdf_writer import to_pdf

    require(actor, Role.VIEWER)
    records = gather(workload, actor.username)
    document = document_of(records)
    writers = {"html": to_html, "pdf": to_pdf}
    files = {wanted: writers[wanted](document) for wanted in formats}
    audit.record_event(actor, "report.export", workload, formats=list(formats))
    # A workload of a package chooses its own name.
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", workload)
    return Report(f"shifumi-report-{plain}-{records.at:%Y%m%d-%H%M%S}", files)


def document_of(records: Records) -> Document:
    """The content, the same in both formats."""
    blocks: list[Block] = [*summary(records), *data(records), *models(records), *decisions_of(records)]
    told = f"{records.workload.title}, {moment(records.at)}"
    return Document(f"Evidence report: {records.workload.title}", told, [*blocks, *terms(blocks), *software()])
