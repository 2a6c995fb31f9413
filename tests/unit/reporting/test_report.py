"""The evidence report: complete, correct, self-contained, and never code."""

from __future__ import annotations

import io
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.auth import audit
from core.catalog.engine import writing
from core.catalog.tables import Dataset
from core.loop import decisions
from core.models import registry
from core.reporting import report
from core.reporting.document import Document, texts
from core.reporting.records import gather
from core.storage import datasets
from tests.deciding import decision, store
from tests.learning import make_dataset
from tests.reporting_story import ADMIN, NASTY

SECTIONS = ["Summary", "Data", "Models", "Decisions", "Glossary", "Software"]


def document() -> Document:
    return report.document_of(gather("linear", "ada"))


def words(of: Document) -> str:
    return "\n".join(texts(of.blocks))


class Outline(HTMLParser):
    """Sections, tags and addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.sections: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]

    def handle_data(self, data: str) -> None:
        if self._inside == "h2" and data.strip():
            self.sections.append(data)


def pdf_streams(pdf: bytes) -> bytes:
    """What is drawn, uncompressed."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    made = []
    for one in found:
        try:
            made.append(zlib.decompress(one))
        except zlib.error:
            continue
    return b"\n".join(made)


def test_the_report_has_the_figures_of_the_catalog_and_of_mlflow(story: None) -> None:
    said = words(document())
    champion = registry.champion("linear")
    assert champion is not None and champion.version == 1
    for dataset in datasets.listed("linear"):
        assert dataset.sha256 in said
    for version in registry.versions("linear"):
        assert version.run_id in said and version.sha256 in said
    promoted = next(one for one in decisions.latest("linear") if one.kind == "promoted" and one.champion_version == 1)
    test = promoted.details["comparison"]["details"]
    wanted = f"McNemar exact, p < 0.001, only champion right {test['only_first_right']:,}"
    assert wanted in said
    assert f"only challenger right {test['only_second_right']:,}" in said
    assert "e-value above 1,000,000" in said
    new = promoted.details["challenger"]
    assert f"{new['value']:.3f} ({new['ci'][0]:.3f} to {new['ci'][1]:.3f}) on 2,000 rows" in said
    assert "StandardScaler+LogisticRegression" in said
    assert "ada made version 1 the champion" in said
    assert "Labels look swapped" in said and "Accepted by ada" in said
    assert "A sample that exactly one of two models" not in said, "terms that do not occur are not explained"


def test_the_html_is_one_file_that_loads_and_runs_nothing(story: None) -> None:
    made = report.export(ADMIN, "linear", ("html",)).files["html"].decode("utf-8")
    seen = Outline(made)
    assert seen.sections == SECTIONS
    assert "script" not in seen.tags
    assert {address.split(",")[0] for address in seen.addresses if not address.startswith("#")} == {
        "data:image/svg+xml;base64"
    }
    assert "default-src 'none'" in made
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in made
    assert "漢字 \U0001f600" in made
    assert "\u202e" not in made, "nothing turns the direction of what follows"
    assert "@media print" in made


def test_the_pdf_has_pages_with_text_and_embeds_its_font(story: None) -> None:
    made = report.export(ADMIN, "linear", ("pdf",)).files["pdf"]
    assert made.startswith(b"%PDF-") and made.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 4
    assert b"/FontFile2" in made and b"/ToUnicode" in made, "the text can be searched and copied"
    assert b"Evidence report: Linear" in made
    assert pdf_streams(made).count(b" Tf") > 100


@pytest.mark.parametrize("text", [NASTY, "\ud800 lone", "\x00\x07 bell", "a" * 5_000, "$$$ \\frac{1", ""])
def test_whatever_somebody_types_is_only_text(text: str) -> None:
    """The catalog keeps it, both writers take it."""
    from core.reporting.document import Facts, Heading, Matrices, Matrix, Paragraph, Table
    from core.reporting.html_writer import to_html
    from core.reporting.pdf_writer import to_pdf

    blocks = [
        Heading(text),
        Paragraph(text),
        Facts([(text, text)]),
        Table(text, (text, text), [(text, text)], (1, 5)),
        Matrices((Matrix(text, (text, text), ((1, 2), (3, 4))),)),
    ]
    given = Document(text, text, blocks)
    page = to_html(given).decode("utf-8")
    assert "script" not in Outline(page).tags
    assert "\x00" not in page
    assert to_pdf(given).startswith(b"%PDF-")


def test_an_empty_installation_says_what_is_missing() -> None:
    said = words(document())
    for wanted in ("There are no datasets.", "No model has been registered.", "No decision has been made yet."):
        assert wanted in said
    assert report.export(ADMIN, "linear").files["pdf"].startswith(b"%PDF-")


def test_a_registry_that_is_away_is_said_and_the_rest_is_there(story: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> object:
        raise registry.RegistryError("MLflow does not answer")

    monkeypatch.setattr("core.reporting.records.runs.search", away)
    said = words(document())
    assert "MLflow did not answer, so models are missing here: MLflow does not answer" in said
    assert "McNemar exact" in said


def test_what_is_not_recorded_is_not_invented() -> None:
    store(decision("promoted", None, 0.91, versions=(None, 7)), decision("rejected", 0.9, 0.8, versions=(7, 8)))
    said = words(document())
    assert "MLflow run of v8\nnot recorded" in said
    assert "Decisions name datasets that the catalog does not have any more, because they were deleted: 1." in said
    assert "e-value" not in said


def test_damaged_findings_do_not_stop_a_report() -> None:
    made = make_dataset()
    with writing() as session:
        row = session.get(Dataset, made.id)
        assert row is not None
        row.status = datasets.QUARANTINED
        row.findings = [{"message": "typed by 0.1", "evidence": {"kind": "bars", "names": 3}}]
    assert "typed by 0.1" in words(document())


def test_exporting_is_audited_and_an_unknown_workload_is_refused() -> None:
    made = report.export(ADMIN, "linear", ("html",))
    (event,) = audit.latest(action="report.export")
    assert (event.actor, event.subject, event.details) == ("ada", "linear", {"formats": ["html"]})
    assert re.fullmatch(r"shifumi-report-linear-\d{8}-\d{6}", made.name)
    with pytest.raises(LookupError):
        report.export(ADMIN, "nothing")


def test_every_kind_of_finding_is_drawn_on_paper(tmp_path: Path) -> None:
    from core.reporting.contract_drawings import picture
    from core.reporting.html_writer import to_html
    from core.reporting.pdf_writer import to_pdf

    evidence = [
        {"kind": "bars", "names": ["0", "1 before"], "values": [0.4, 0.6], "title": NASTY},
        {"kind": "quantiles", "feature": "$x_1", "here": [0, 1, 2, 3, 4], "reference": [0, 0.01, 0.02, 0.03, 0.04]},
        {"kind": "confusion", "names": ["a", "b"], "matrix": [[1, 2], [3, 4]]},
        {"kind": "scatter", "title": "mass", "expected": [1, 2], "actual": [2, 1]},
    ]
    drawn = [found for one in evidence if (found := picture(one)) is not None]
    assert len(drawn) == len(evidence)
    given = Document("t", "s", drawn)
    assert to_html(given).count(b"data:image/svg+xml") == 3
    assert to_pdf(given).startswith(b"%PDF-")
    assert picture({"kind": "of a newer version"}) is None


@pytest.mark.parametrize(("newest_first", "wanted", "gone"), [(True, "row 0 ", "row 4 "), (False, "row 4 ", "row 0 ")])
def test_a_long_table_is_cut_on_paper_only_and_says_so(
    newest_first: bool, wanted: str, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.reporting import pdf_table
    from core.reporting.document import Table
    from core.reporting.html_writer import to_html
    from core.reporting.pdf_pages import Pages

    drawn: list[str] = []
    monkeypatch.setattr(Pages, "text", lambda _self, text, *_rest, **_more: drawn.append(f"{text} "))
    monkeypatch.setattr(pdf_table, "MOST_ROWS", 3)
    table = Table("t", ("a",), [(f"row {number}",) for number in range(5)], (1,), newest_first)
    with Pages(io.BytesIO(), "t") as pages:
        pdf_table.draw_table(pages, table)
    assert wanted in drawn and gone not in drawn
    assert "The newest 3 of 5 rows; the HTML file has all. " in drawn
    assert to_html(Document("t", "s", [table])).count(b"<td") == 5
