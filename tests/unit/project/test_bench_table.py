"""The page of benchmarks: a run replaces its own rows only."""

from pathlib import Path

import pytest

from tests.bench.table import Row, Table


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "benchmarks.md"


def _written(page: Path, section: str, *rows: Row) -> str:
    table = Table()
    for row in rows:
        table.add(section, row)
    table.write(page)
    return page.read_text(encoding="utf-8")


def test_a_page_has_a_table_and_names_the_machine(page: Path) -> None:
    text = _written(page, "Speed", Row("requests", "90/s", "10/s", "9.0×", "≥ 8×", True))
    assert "## Speed" in text
    assert "| requests | 90/s | 10/s | 9.0× | ≥ 8× | yes |" in text
    assert "Measured on 20" in text
    assert "Python 3." in text
    assert "mlflow 3." in text


def test_a_partial_run_leaves_the_rest(page: Path) -> None:
    _written(page, "Speed", Row("requests", "90/s"), Row("latency", "2 ms", met=True))
    _written(page, "Memory", Row("idle", "100 MB", met=False))
    text = _written(page, "Speed", Row("latency", "3 ms", met=False))
    lines = [line for line in text.splitlines() if line.startswith("| ") and "what" not in line]
    assert lines == [
        "| requests | 90/s |  |  |  |  |",
        "| latency | 3 ms |  |  |  | **no** |",
        "| idle | 100 MB |  |  |  | **no** |",
    ]
    assert text.count("Measured on") == 2
    assert text.index("## Speed") < text.index("## Memory")
    assert text.count("# Benchmarks") == 1


def test_a_run_without_measurements_leaves_the_page(page: Path) -> None:
    before = _written(page, "Speed", Row("requests", "90/s"))
    Table().write(page)
    assert page.read_text(encoding="utf-8") == before
