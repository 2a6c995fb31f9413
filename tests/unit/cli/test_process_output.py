"""Raw output of processes: one older file kept, overgrown ones moved aside, followed line by line."""

from pathlib import Path

import pytest

from core.cli.process_output import Follower, fresh_output, last_line, output_path, trim


def test_a_new_run_keeps_the_output_of_the_one_before(tmp_path: Path) -> None:
    fresh_output(tmp_path, "api").write_text("first run")
    fresh_output(tmp_path, "api").write_text("second run")
    third = fresh_output(tmp_path, "api")
    assert third.read_text() == ""
    assert (tmp_path / "api.out.1").read_text() == "second run"
    assert len(list(tmp_path.glob("api.*"))) == 2


def test_an_overgrown_file_is_emptied_under_its_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.process_output._MOST_BYTES", 10)
    path = fresh_output(tmp_path, "api")
    with path.open("ab", buffering=0) as writer:
        writer.write(b"0123456789 and more\n")
        trim(path)
        writer.write(b"later\n")
    assert path.read_text() == "later\n"
    assert (tmp_path / "api.out.1").read_text() == "0123456789 and more\n"


def test_the_last_line_skips_blank_ones(tmp_path: Path) -> None:
    path = output_path(tmp_path, "api")
    assert last_line(path) == ""
    path.write_text("Traceback …\nModuleNotFoundError: No module named 'x'\n\n", encoding="utf-8")
    assert last_line(path) == "ModuleNotFoundError: No module named 'x'"


def test_a_follower_hands_out_whole_lines_once(tmp_path: Path) -> None:
    path = fresh_output(tmp_path, "api")
    follower = Follower(path)
    with path.open("a", encoding="utf-8") as writer:
        writer.write("one\ntwo\nthr")
        writer.flush()
        assert follower.new_lines() == ["one", "two"]
        assert follower.new_lines() == []
        writer.write("ee\n")
        writer.flush()
        assert follower.new_lines() == ["three"]
    path.write_text("anew\n", encoding="utf-8")
    assert follower.new_lines() == ["anew"]
