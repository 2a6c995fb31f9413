"""A workload is a plug-in: outside its own folder and the registration no line of the product names one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config.settings import ROOT
from core.workloads import WORKLOADS

SHIPPED = {name: type(one).__module__.split(".") for name, one in WORKLOADS.items()}
FOLDERS = {name: ROOT.joinpath(*module[:3]) for name, module in SHIPPED.items() if module[:2] == ["core", "workloads"]}
WORDS = ("linear", "rps")
"""Names that nothing but a workload has here; another workload's may be an everyday word, and counts in quotes."""

ELSEWHERE = re.compile(
    r"sklearn\.linear_model|linear_sum_assignment|LinearRegression|embedding-linear-1|"
    r"linear (light|layer|map|interpolation|regression)"
)
"""Other people's names, and mathematics."""


def product_files() -> Iterator[Path]:
    """Every module in which no workload may be named."""
    allowed = {*FOLDERS.values(), ROOT / "core" / "catalog" / "migrations"}
    for file in [
        ROOT / "app.py",
        *(path for room in ("core", "flows", "pages") for path in (ROOT / room).rglob("*.py")),
    ]:
        if file != ROOT / "core" / "workloads" / "__init__.py" and not allowed & set(file.parents):
            yield file


def names_in(line: str) -> list[str]:
    """The workloads that a line names: as a word or as part of an identifier, in quotes, or by its folder."""
    rest = ELSEWHERE.sub("", line)
    found = [word for word in WORDS if re.search(rf"(?<![a-z]){word}(?![a-z])|\b{word.title()}(?=[A-Z])", rest)]
    for name, folder in FOLDERS.items():
        if re.search(rf"""["']{re.escape(name)}["']|core\.workloads\.{folder.name}\b""", rest):
            found.append(name)
    return found


@pytest.mark.parametrize(
    "line",
    ['_WORKLOAD = "rps"', "linear.open", "key=f'linear_{name}'", "settings.rps_base", "-> LinearPredictor:", "``rps``",
     "from core.workloads.linear.data import FEATURES", 'FROM linear ORDER BY x'],
)  # fmt: skip
def test_a_line_that_names_a_workload_is_seen(line: str) -> None:
    assert names_in(line)


@pytest.mark.parametrize("line", ['"sklearn.linear_model",', "collinear", "corps", "in linear light", "nonlinear"])
def test_mathematics_and_other_words_are_not(line: str) -> None:
    assert names_in(line) == []


def test_no_line_names_a_workload() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in sorted(product_files())
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if names_in(line)
    ]
    print(len(found), "lines name a workload")
    assert found == []
