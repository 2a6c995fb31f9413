"""One supervisor per data folder."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.cli.errors import CommandError
from core.cli.runlock import only_supervisor
from core.config.settings import ROOT
from core.monitoring.run_record import RunRecord, write_run_record

_HOLDER = """
import sys; from pathlib import Path; from core.cli.runlock import only_supervisor
with only_supervisor(Path(sys.argv[1])):
    print("held", flush=True); input()
"""


def test_the_second_supervisor_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    write_run_record(tmp_path, RunRecord(os.getpid(), psutil.Process().create_time(), time.time()))
    with only_supervisor(tmp_path), pytest.raises(CommandError, match=rf"process {os.getpid()}\).*SHIFUMI_DATA_DIR"):
        only_supervisor(tmp_path).__enter__()
    with only_supervisor(tmp_path):
        pass  # free again


def test_other_folders_are_not_held(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with only_supervisor(tmp_path), only_supervisor(tmp_path / "other"):
        pass


def test_a_killed_holder_frees_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(CommandError):
            only_supervisor(tmp_path).__enter__()
        holder.kill()
    with only_supervisor(tmp_path):
        pass
