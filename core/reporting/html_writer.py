"""Writes a report as one HTML file: no script, no address that is loaded, charts as SVG inside.

The Content-Security-Policy in it forbids the browser to load or to run anything, should a text ever slip through.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import assert_never

from core.reporting.document import Block, Document, Facts, Heading, Matrices, Matrix, Paragraph, Picture, Table
from core.reporting.html_style import STYLE
from core.reporting.text import printable

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_WIDTH = 7.2
"""Inches of a chart, as on paper."""


def to_html(document: Document) -> bytes:
    """The file, UTF-8."""
    body = "\n".join(_block(block, number) for number, block in enumerate(document.blocks))
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(document.title)}</h1>\n<p class='sub'>{_text(document.subtitle)}</p>\n"
        f"{_contents(document)}\n{body}\n</main>\n</body>\n</html>\n"
    )
    return page.encode("utf-8")


def _text(text: str) -> str:
    return escape(printable(text))


def _contents(document: Document) -> str:
    sections = [(n, one) for n, one in enumerate(document.blocks) if isinstance(one, Heading) and one.level == 2]
    links = "".join(f'<li><a href="#s{number}">{_text(one.text)}</a></li>' for number, one in sections)
    return f'<nav aria-label="Contents"><ol>{links}</ol></nav>'


def _block(block: Block, number: int) -> str:
    match block:
        case Heading():
            return f'<h{block.level} id="s{number}">{_text(block.text)}</h{block.level}>'
        case Paragraph():
            return f"<p{' class=missing' if block.missing else ''}>{_text(block.text)}</p>"
        case Facts():
            rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in block.rows)
            return f"<dl>{rows}</dl>"
        case Table():
            return _table(block)
        case Matrices():
            return f"<div class='side'>{''.join(_matrix(one) for one in block.items)}</div>"
        case Picture():
            return _picture(block)
    assert_never(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.columns)
    rows = "".join(f"<tr>{_cells(table, row)}</tr>" for row in table.rows)
    columns = "".join(f'<col style="width:{100 * weight / sum(table.weights):.1f}%">' for weight in table.weights)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(table.label)}"><table>'
        f"<caption>{_text(table.label)}</caption><colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(table: Table, row: Sequence[str]) -> str:
    """On a phone each cell is a line, named after its column."""
    pairs = zip(table.columns, row, strict=True)
    return "".join(f'<td data-label="{_text(name)}">{_text(cell)}</td>' for name, cell in pairs)


def _matrix(matrix: Matrix) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in matrix.names)
    rows = []
    for name, counts in zip(matrix.names, matrix.counts, strict=True):
        total = max(sum(counts), 1)
        cells = "".join(
            f'<td style="background:rgba(63,118,217,{0.04 + 0.46 * count / total:.2f})">'
            f"<b>{count:,}</b><br>{count / total:.1%}</td>"
            for count in counts
        )
        rows.append(f'<tr><th scope="row">{_text(name)}</th>{cells}</tr>')
    axes = f"<th>{_text(matrix.down)} ↓ · {_text(matrix.across)} →</th>"
    return (
        f"<table class='matrix'><caption>{_text(matrix.title)}</caption>"
        f"<thead><tr>{axes}{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _picture(picture: Picture) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, picture.height), layout="constrained")
    picture.draw(figure.subplots())
    made = BytesIO()
    # Without its metadata an SVG names no address.
    figure.savefig(made, format="svg", metadata={"Creator": None, "Date": None, "Format": None, "Type": None})
    source = b64encode(made.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{_text(picture.alt)}" src="data:image/svg+xml;base64,{source}">'
        f"<figcaption>{_text(picture.alt)}</figcaption></figure>"
    )
