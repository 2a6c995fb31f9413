"""One glossary: the app and the document say the same."""

import re

from core.ui.shell import glossary


def test_the_document_is_what_the_app_shows() -> None:
    """``python -m core.ui.shell.glossary`` rewrites the document."""
    assert glossary.DOCUMENT.read_text(encoding="utf-8") == glossary.document()


def test_every_meaning_is_one_line_of_plain_text() -> None:
    for term, meaning in glossary.TERMS.items():
        assert not re.search(r"[|*_`<>\n]", term + meaning), term
        assert meaning.endswith((".", "…")), term


def test_the_terms_of_the_loop_are_explained() -> None:
    wanted = {
        "workload", "champion", "challenger", "alias", "holdout", "recording session", "split", "data drift", "mAP50",
        "IoU", "confidence", "throw", "exported model", "service", "artifact", "run", "deployment", "flow", "imgsz",
        "p-value", "McNemar", "gate", "rollback", "hot swap", "provenance", "review queue", "prediction API",
    }  # fmt: skip
    assert wanted <= set(glossary.TERMS)


def test_a_search_puts_terms_before_meanings() -> None:
    found = list(glossary.matching(" CHAMPION "))
    assert found[0] == "champion"
    assert "rollback" in found[1:]
    assert glossary.matching("no such term") == {}
