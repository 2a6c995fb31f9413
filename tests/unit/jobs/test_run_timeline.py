"""A flow run in time."""

from datetime import UTC, datetime, timedelta

from core.jobs.run_timeline import Segment, State, origin, segments, states, tries
from core.ui.flows.gantt import gantt, legend

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def history(*told: tuple[float, str, str]) -> list[State]:
    return [State(kind, name, at(second)) for second, kind, name in told]


RETRIED = history(
    (0, "PENDING", "Pending"),
    (1, "RUNNING", "Running"),
    (2, "SCHEDULED", "AwaitingRetry"),
    (4, "RUNNING", "Running"),
    (5, "COMPLETED", "Completed"),
)


def outcomes(found: list[Segment]) -> list[tuple[float, float, str]]:
    return [(one.start, one.end, one.outcome) for one in found]


def test_failed_tries_and_the_one_that_made_it_are_told_apart() -> None:
    assert outcomes(segments("t", RETRIED, START, at(99))) == [
        (0, 1, "waiting"),
        (1, 2, "failed"),
        (2, 4, "retrying"),
        (4, 5, "completed"),
    ]
    assert tries(RETRIED) == 2
    assert tries(history((0, "RUNNING", "Running"))) == 1
    assert tries([]) == 0


def test_what_still_runs_reaches_to_now() -> None:
    running = history((0, "PENDING", "Pending"), (1, "RUNNING", "Running"))
    assert outcomes(segments("t", running, START, at(7)))[-1] == (1, 7, "running")


def test_each_bad_end_has_its_own_colour() -> None:
    for kind, outcome in (("FAILED", "failed"), ("CRASHED", "crashed"), ("CANCELLED", "cancelled")):
        found = segments("t", history((0, "RUNNING", "Running"), (1, kind, kind.title())), START, at(9))
        assert outcomes(found) == [(0, 1, outcome)]


def test_a_run_that_is_being_stopped() -> None:
    stopping = history((0, "RUNNING", "Running"), (2, "CANCELLING", "Cancelling"))
    assert outcomes(segments("t", stopping, START, at(3))) == [(0, 2, "cancelled"), (2, 3, "cancelled")]


def test_what_lies_before_the_picture_is_cut_off() -> None:
    found = segments("flow", history((-100, "SCHEDULED", "Scheduled"), (-9, "PENDING", "Pending")), START, at(1))
    assert outcomes(found) == [(0.0, 1.0, "waiting")]


def test_the_picture_begins_when_a_scheduled_run_was_due() -> None:
    scheduled = history((-900, "SCHEDULED", "Scheduled"), (-9, "PENDING", "Pending"), (2, "RUNNING", "Running"))
    assert origin(scheduled, START) == START
    assert origin(scheduled, at(5)) == at(2)


def test_the_picture_of_a_run_by_hand_begins_at_the_click() -> None:
    by_hand = history((0, "SCHEDULED", "Scheduled"), (3, "RUNNING", "Running"))
    assert origin(by_hand, at(-1)) == START
    assert origin(by_hand, None) == START


def test_a_run_that_never_began_starts_no_later_than_its_last_state() -> None:
    waiting = history((-900, "SCHEDULED", "Scheduled"), (-9, "PENDING", "Pending"))
    assert origin(waiting, at(60)) == at(-9)
    assert origin(waiting, at(-20)) == at(-20)
    assert origin(waiting, at(-1_000)) == at(-900)


def test_a_segment_says_from_what_to_what_and_why() -> None:
    failed = [State("RUNNING", "Running", at(0), "busy"), State("FAILED", "Failed", at(1), "boom")]
    assert [one.text for one in segments("t", failed, START, at(9))] == ["Running → Failed\nboom"]
    done = [State("RUNNING", "Running", at(0), "busy"), State("COMPLETED", "Completed", at(1), "all well")]
    assert [one.text for one in segments("t", done, START, at(9))] == ["Running → Completed\nbusy"]
    (alone,) = segments("t", done[:1], START, at(9))
    assert (alone.row, alone.text) == ("t", "Running\nbusy")


def test_waiting_pausing_and_stopping_have_their_own_colours() -> None:
    told = history(
        (0, "PAUSED", "Paused"), (1, "SCHEDULED", "Late"), (2, "RUNNING", "Running"), (3, "PAUSED", "Paused")
    )
    assert [one.outcome for one in segments("t", told, START, at(9))] == ["paused", "waiting", "running", "paused"]
    cut = history((0, "RUNNING", "Running"), (0, "RUNNING", "Running"), (1, "COMPLETED", "Completed"))
    assert outcomes(segments("t", cut, START, at(9))) == [(0, 1, "completed")]
    assert segments("t", history((-3, "PENDING", "Pending"), (0, "COMPLETED", "Completed")), START, at(9)) == []


def test_states_without_a_time_are_left_out() -> None:
    assert states([{"type": "RUNNING", "name": "Running", "timestamp": None}, {"type": "X", "name": "x"}]) == []


def test_prefects_own_fields_are_read_and_put_in_order() -> None:
    raw = [
        {"type": "RUNNING", "name": "Running", "timestamp": "2026-01-01T00:00:01Z", "message": None},
        {"type": "PENDING", "name": "Pending", "timestamp": "2026-01-01T00:00:00.5Z", "message": "m"},
    ]
    assert states(raw) == [State("PENDING", "Pending", at(0.5), "m"), State("RUNNING", "Running", at(1))]


def test_the_figure_has_rows_in_order_and_bars_that_can_be_seen() -> None:
    found = [Segment("flow", 0, 100, "completed", "x"), Segment("task", 1, 1.0001, "failed", "<b>boom</b>")]
    drawn = gantt(found)
    assert list(drawn.layout.yaxis.categoryarray) == ["flow", "task"]
    bars = {trace.name: trace for trace in drawn.data}
    assert bars["failed"].x[0] > 0.1
    assert "&lt;b&gt;" in bars["failed"].customdata[0][1]
    assert legend(found) == ":green-badge[completed] :red-badge[failed]"
