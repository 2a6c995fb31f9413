"""`manage.py report`."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.auth import audit
from core.cli.__main__ import main


def test_both_files_or_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "linear", "--out", str(tmp_path)]) == 0
    assert sorted(path.suffix for path in tmp_path.glob("shifumi-report-linear-*")) == [".html", ".pdf"]
    one = tmp_path / "audit.PDF"
    assert main(["report", "linear", "--out", str(one)]) == 0
    assert one.read_bytes().startswith(b"%PDF-")
    assert f"{one}: " in capsys.readouterr().out
    assert [event.actor for event in audit.latest(action="report.export")] == ["system", "system"]


@pytest.mark.parametrize(
    ("name", "reason"), [("audit.docx", "neither an .html nor a .pdf"), ("none/audit.pdf", "There is no folder")]
)
def test_a_place_that_cannot_be_is_refused_before_anything_is_written(
    name: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "linear", "--out", str(tmp_path / name)]) == 1
    assert reason in capsys.readouterr().err
    assert not audit.latest(action="report.export")
