"""The glossary: one mapping of terms, shown in the app and written to ``docs/glossary.md``.

    .venv/bin/python -m core.ui.shell.glossary

rewrites the document from :mod:`core.config.glossary_terms`; a test fails while they differ.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.config.glossary_terms import TERMS as TERMS
from core.config.settings import ROOT

DOCUMENT: Final = ROOT / "docs" / "glossary.md"
_HEAD = """# Glossary

The terms used on the pages, in messages and in these documents. In the app: *Glossary* in the sidebar.
This file is generated from `core/config/glossary_terms.py`.

| term | meaning |
|---|---|
"""


def document() -> str:
    """The content of ``docs/glossary.md``."""
    return _HEAD + "".join(f"| **{term}** | {meaning} |\n" for term, meaning in _sorted(TERMS))


def matching(text: str) -> dict[str, str]:
    """The terms that contain ``text`` in their name or meaning, case ignored; name matches come first."""
    wanted = text.strip().casefold()
    named = {term: meaning for term, meaning in _sorted(TERMS) if wanted in term.casefold()}
    return named | {term: meaning for term, meaning in _sorted(TERMS) if wanted in meaning.casefold()}


@st.dialog("Glossary", width="large")
def glossary_dialog() -> None:
    """All terms with a search field."""
    found = matching(st.text_input("Search", key="glossary_search", placeholder="champion, drift, mAP50 …"))
    if not found:
        st.caption("No term matches.")
    for term, meaning in found.items():
        st.markdown(f"**{term}** · {meaning}")


def _sorted(terms: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(terms.items(), key=lambda item: item[0].casefold())


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
