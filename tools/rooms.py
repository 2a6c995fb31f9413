"""Draws the diagram of the packages into docs/architecture.md, from the imports.

    .venv/bin/python -m tools.rooms

Run it after a change of the imports between packages; a test fails while the diagram is stale. The order of the
packages is that of import-linter's ``layers`` contract (``[tool.importlinter]`` in pyproject.toml).
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: made by tools/rooms.py -->\n", "<!-- end of rooms -->\n"


def layers() -> list[list[str]]:
    """The packages from the top layer to the bottom layer, as in the ``layers`` contract."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (found,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [[room.strip() for room in layer.split("|")] for layer in found]


def uses(rooms: list[str]) -> dict[str, set[str]]:
    """Package → the packages that it imports."""
    graph = grimp.build_graph("core", "flows", "pages", cache_dir=None)
    for room in rooms:
        graph.squash_module(room)
    return {room: set(graph.find_modules_directly_imported_by(room)) & set(rooms) - {room} for room in rooms}


def without_detours(used: dict[str, set[str]]) -> dict[str, set[str]]:
    """Only the edges of the transitive reduction of an acyclic graph."""

    def reached(room: str) -> set[str]:
        return used[room].union(*(reached(other) for other in used[room]))

    return {
        room: {one for one in near if not any(one in reached(other) for other in near)} for room, near in used.items()
    }


def purpose(room: str) -> str:
    """The first line of the package's docstring."""
    source = (ROOT / room.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").splitlines()[0].replace("``", "`")


def short(room: str) -> str:
    return room.removeprefix("core.")


def drawing() -> str:
    """The diagram (Mermaid) and the table of the packages."""
    order = layers()
    rooms = [room for layer in order for room in layer]
    used = uses(rooms)
    lines = ["```mermaid", "flowchart TD"]
    for number, layer in enumerate(order):
        lines += [
            f'    subgraph layer{number}[" "]',
            "    direction LR",
            *(f"    {short(room)}" for room in layer),
            "    end",
        ]
    for room, near in without_detours(used).items():
        lines += [f"    {short(room)} --> {short(one)}" for one in rooms if one in near]
    lines += ["```", "", "| package | what | imports from |", "|---|---|---|"]
    for room in rooms:
        place = room.replace(".", "/") + "/"
        sources = ", ".join(short(one) for one in rooms if one in used[room])
        what = (
            "Layout only, one file per page; the first statement after the imports is the guard."
            if room == "pages"
            else purpose(room)
        )
        lines.append(f"| `{place}` | {what} | {sources or '–'} |")
    return "\n".join(lines) + "\n"


def redrawn(page: str) -> str:
    """``page`` with the current diagram."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + drawing() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
