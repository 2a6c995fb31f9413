"""The supervisor over real processes: order, restarts, and nothing left behind."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.cli import process_trees
from core.cli.backoff import Backoff
from core.cli.process_output import output_path
from core.cli.processes import ProcessSpec
from core.cli.shutdown import stop_all
from core.cli.supervised_process import SupervisedProcess
from core.cli.supervisor import Supervisor
from core.config.settings import ROOT
from core.monitoring.run_record import read_run_record
from tests.ports import free_port
from tests.supervise import spec
from tests.waiting import wait_until


class Driven:
    """A supervisor whose rounds the test turns by hand."""

    def __init__(self, supervisor: Supervisor, executor: ThreadPoolExecutor) -> None:
        self.supervisor = supervisor
        self._executor = executor

    def process(self, name: str) -> SupervisedProcess:
        return self.supervisor.processes[name]

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        def turn() -> object:
            self.supervisor.tick(self._executor)
            return condition()

        wait_until(turn, timeout=20, every=0.05, what=what)

    def is_healthy(self, name: str) -> bool:
        return self.process(name).record.state == "healthy"


@contextmanager
def driven(specs: Sequence[ProcessSpec], folder: Path) -> Iterator[Driven]:
    supervisor = Supervisor(specs, run_dir=folder, logs_dir=folder, folder=ROOT)
    with ThreadPoolExecutor() as executor:
        try:
            yield Driven(supervisor, executor)
        finally:
            children = [process.child for process in supervisor.processes.values() if process.child]
            assert stop_all(children, lambda: True) == []


def test_a_process_waits_for_the_one_it_needs(tmp_path: Path) -> None:
    specs = [spec("late", after="first"), spec("first", port=free_port())]
    with driven(specs, tmp_path) as stack:
        stack.until(lambda: stack.process("first").record.pid)
        assert stack.process("late").record.pid is None
        stack.until(lambda: stack.is_healthy("first") and stack.is_healthy("late"))
        late, first = stack.process("late").record, stack.process("first").record
        assert late.created is not None and first.created is not None
        assert late.created >= first.created


def test_a_process_waits_for_what_has_to_be_there(tmp_path: Path) -> None:
    needed = tmp_path / "needed"
    careful = replace(spec("careful"), may_start=needed.exists)
    with driven([careful, spec("other")], tmp_path) as stack:
        stack.until(lambda: stack.is_healthy("other"))
        assert stack.process("careful").child is None
        needed.touch()
        stack.until(lambda: stack.is_healthy("careful"))


def test_a_killed_process_comes_back_and_its_orphans_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A new process is asked at once, not when the calm rhythm of the one before comes round.
    monkeypatch.setattr(
        "core.cli.supervised_process._PROBE_EVERY_S", {"starting": 0.1, "healthy": 60.0, "unhealthy": 60.0}
    )
    note = tmp_path / "grandchild"
    with driven([spec("runner", "--child", str(note), port=free_port())], tmp_path) as stack:
        stack.until(lambda: stack.is_healthy("runner"))
        first = stack.process("runner").record.pid
        # It left the session and ignores signals: only the mark in its environment leads to it.
        orphan = psutil.Process(int(note.read_text()))
        assert first is not None
        psutil.Process(first).kill()
        stack.until(lambda: stack.process("runner").record.restarts == 1)
        assert process_trees.living([orphan]) == []
        stack.until(lambda: stack.is_healthy("runner"), "healthy again")
        record = stack.process("runner").record
        assert record.pid not in (None, first)
        assert record.last_exit not in (None, 0)


def test_a_process_that_always_dies_is_tried_again_ever_more_slowly(tmp_path: Path) -> None:
    with driven([spec("broken", "--exit", "7", "--say", "no such module")], tmp_path) as stack:
        process = stack.process("broken")
        process._backoff = Backoff(first=0.2, most=0.4)
        stack.until(lambda: process.record.restarts == 2)
        died = process.record.since
        stack.until(lambda: process.child)
        assert process.record.since - died >= 0.39, "the second pause is twice the first"
        assert process.record.last_exit == 7
        assert "no such module" in output_path(tmp_path, "broken").read_text()


def test_back_off_doubles_up_to_its_limit_and_forgives_a_minute_of_health() -> None:
    backoff = Backoff()
    assert [backoff.after_death(healthy_for=3) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.after_death(healthy_for=61) == 0.5
    assert backoff.after_death(healthy_for=0) == 1


def test_a_program_that_cannot_be_started_at_all_does_not_take_the_others_down(tmp_path: Path) -> None:
    ghost = ProcessSpec("ghost", "Ghost", (str(tmp_path / "nothing-here"),), lambda: True)
    with driven([ghost, spec("other")], tmp_path) as stack:
        stack.until(lambda: stack.is_healthy("other"))
        assert stack.process("ghost").child is None


def test_one_that_stops_answering_is_reported_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "core.cli.supervised_process._PROBE_EVERY_S", {"starting": 0.0, "healthy": 0.0, "unhealthy": 0.0}
    )
    well = [True]
    moody = replace(spec("moody"), healthy=lambda: well[0])
    with driven([moody], tmp_path) as stack:
        stack.until(lambda: stack.is_healthy("moody"))
        pid = stack.process("moody").record.pid
        well[0] = False
        stack.until(lambda: stack.process("moody").record.state == "unhealthy")
        well[0] = True
        stack.until(lambda: stack.is_healthy("moody"))
        assert stack.process("moody").record.pid == pid


def test_every_change_is_written_down_for_others(tmp_path: Path) -> None:
    port = free_port()
    with driven([spec("api", port=port)], tmp_path) as stack:
        stack.until(lambda: stack.is_healthy("api"))
        record = read_run_record(tmp_path)
        assert record is not None and record.alive
        written = record.processes["api"]
        assert (written.state, written.port, written.restarts) == ("healthy", port, 0)
        assert written.pid == stack.process("api").record.pid
