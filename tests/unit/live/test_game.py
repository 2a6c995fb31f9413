"""The game, played without a clock and without a camera."""

import hashlib
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.live.game import (
    MAX_MISSED_ROUNDS,
    WINS,
    Commitment,
    Match,
    Phase,
    Round,
    Timings,
    advance,
    begin,
    draw,
    observe,
    pause,
    read_throw,
    resume,
)
from core.live.overlay import caption
from core.workloads.rps.classes import CLASSES

BEATS = {"rock": "scissors", "scissors": "paper", "paper": "rock"}
STEP = 0.05
throws = st.sampled_from([*CLASSES, None])


def play_round(match: Match, now: float, throw: str | None, machine: str) -> tuple[Match, float]:
    """From a countdown to the next one (or to the end), as frames at 20 per second see it."""
    match = replace(match, commitment=Commitment(machine, "word"))
    started = len(match.rounds), match.unseen
    while match.phase is not Phase.COUNTDOWN or (len(match.rounds), match.unseen) == started:
        now += STEP
        match = advance(match, now, lambda beats: Commitment("rock", "later"))
        if throw is not None:
            match = observe(match, now, throw, 0.8)
        if not match.running:
            break
    return match, now


@given(st.lists(st.tuples(throws, st.sampled_from(CLASSES)), min_size=1, max_size=30))
def test_any_game_keeps_the_rules(played: list[tuple[str | None, str]]) -> None:
    match, now = begin(0.0, BEATS), 0.0
    for throw, machine in played:
        match, now = play_round(match, now, throw, machine)
        assert match.won("you") + match.won("machine") + match.won("tie") == len(match.rounds)
        assert max(match.won("you"), match.won("machine")) <= WINS
        assert (match.phase is Phase.OVER) == (match.winner is not None)
        assert match.unseen <= MAX_MISSED_ROUNDS
        if match.phase is Phase.OVER:
            assert advance(match, now + 1000) == match
            return
        if match.phase is Phase.PAUSED:
            match = resume(match, now)
    seen = [(throw, machine) for throw, machine in played if throw is not None]
    assert [(one.you, one.commitment.throw) for one in match.rounds] == seen


@given(st.floats(0, 1e6), st.lists(st.floats(0, 5), max_size=60))
def test_time_only_moves_forward_one_phase_at_a_time(start: float, steps: list[float]) -> None:
    order = {
        Phase.COUNTDOWN: {Phase.READING},
        Phase.READING: {Phase.UNSEEN},
        Phase.UNSEEN: {Phase.COUNTDOWN, Phase.PAUSED},
    }
    match, now = begin(start, BEATS), start
    for step in steps:
        now += step
        upcoming = advance(match, now)
        assert upcoming.phase is match.phase or upcoming.phase in order[match.phase]
        assert upcoming.since in (match.since, now)
        match = upcoming


def test_the_countdown_counts() -> None:
    match = begin(10.0, BEATS, pace=Timings(beat_s=0.5))
    assert [match.count(10 + seconds) for seconds in (0, 0.4, 0.6, 1.1, 1.4, 9)] == [3, 3, 2, 1, 1, 1]
    assert caption(match, 10.6) == "2"
    reading = advance(match, 11.5)
    assert reading.phase is Phase.READING
    assert reading.count(11.5) == 0
    assert caption(reading, 11.5) == "Go!"


def test_only_frames_taken_at_go_count() -> None:
    match = begin(0.0, BEATS)
    match = observe(match, 1.0, "rock", 0.9)  # still counting down
    match = advance(match, 2.1)
    for at, throw in ((2.0, "rock"), (2.2, "paper"), (2.6, "paper"), (2.8, "rock")):
        match = observe(match, at, throw, 0.9)
    assert match.votes == (("paper", 0.9), ("paper", 0.9))


def test_a_slow_machine_reads_a_throw_too() -> None:
    """Two frames a second, each answered two frames later."""
    match, frames = begin(0.0, BEATS), [0.5 * number for number in range(1, 20)]
    for place, now in enumerate(frames):
        match = advance(match, now)
        if match.phase not in {Phase.COUNTDOWN, Phase.READING}:
            break
        if place >= 2:
            match = observe(match, frames[place - 2], "rock", 0.8)
    assert (match.phase, now) == (Phase.REVEAL, 4.5)  # "Go!" at 2.5, answered at 3.5; the next at 4.0


def test_who_is_seen_at_once_may_move_on() -> None:
    """Frames after the first 0.6 s do not count when a throw has been seen in them."""
    match = advance(begin(0.0, BEATS), 2.1)
    for at, throw in ((2.2, "paper"), (2.6, "paper"), (2.8, "rock"), (2.8, "rock"), (2.8, "rock")):
        match = observe(match, at, throw, 0.9)
    match = advance(match, 2.1 + 0.85)
    assert (match.phase, match.rounds[0].you) == (Phase.REVEAL, "paper")


@pytest.mark.parametrize(
    ("votes", "throw"),
    [
        ([], None),
        ([("rock", 0.99)], None),
        ([("rock", 0.9), ("rock", 0.7)], ("rock", 0.8)),
        ([("rock", 0.9), ("paper", 0.5), ("paper", 0.5)], ("paper", 0.5)),
        ([("rock", 0.9), ("rock", 0.9), ("paper", 0.5), ("paper", 0.5), ("paper", 0.5)], ("rock", 0.9)),
        ([("rock", 0.9), ("paper", 0.3), ("paper", 0.3)], None),
    ],
)
def test_the_throw_is_read_from_several_frames(votes: list[tuple[str, float]], throw: tuple[str, float] | None) -> None:
    assert read_throw(tuple(votes)) == throw


@pytest.mark.parametrize(
    ("you", "machine", "outcome"),
    [
        ("rock", "scissors", "you"),
        ("paper", "rock", "you"),
        ("scissors", "paper", "you"),
        ("scissors", "rock", "machine"),
        ("rock", "paper", "machine"),
        ("paper", "scissors", "machine"),
        ("rock", "rock", "tie"),
        ("paper", "paper", "tie"),
        ("scissors", "scissors", "tie"),
    ],
)
def test_who_beats_whom(you: str, machine: str, outcome: str) -> None:
    assert Round(you, 0.9, Commitment(machine, "word"), BEATS).outcome == outcome


def test_no_throw_repeats_the_round_with_a_new_pledge_and_in_the_end_waits() -> None:
    match, now = begin(0.0, BEATS), 0.0
    for turn in range(1, MAX_MISSED_ROUNDS + 1):
        match, now = play_round(match, now, None, "rock")
        assert match.unseen == turn
        assert match.rounds == ()
        assert match.commitment.word == ("later" if turn < MAX_MISSED_ROUNDS else "word")
    assert match.phase is Phase.PAUSED
    assert advance(match, now + 60) == match
    again = resume(match, now + 60)
    assert (again.phase, again.unseen) == (Phase.COUNTDOWN, 0)
    assert resume(again, now + 61) is again


def test_three_rounds_win_and_ties_do_not_count() -> None:
    match, now = begin(0.0, BEATS), 0.0
    for machine in ("scissors", "rock", "paper", "scissors"):  # won, tied, lost, won
        match, now = play_round(match, now, "rock", machine)
        assert (match.phase, match.winner) == (Phase.COUNTDOWN, None)
    match, now = play_round(match, now, "rock", "scissors")
    assert (match.phase, match.winner, match.won("you"), match.won("machine")) == (Phase.OVER, "you", 3, 1)


def test_three_misses_in_a_row_pause_but_not_three_in_all() -> None:
    match, now = begin(0.0, BEATS), 0.0
    for throw in (None, None, "rock", None, None):
        match, now = play_round(match, now, throw, "rock")
        assert match.phase is Phase.COUNTDOWN
    match, _ = play_round(match, now, None, "rock")
    assert match.phase is Phase.PAUSED


def test_a_pause_forgets_the_round_but_not_the_score() -> None:
    match, now = play_round(begin(0.0, BEATS), 0.0, "rock", "scissors")
    waiting = pause(match, now + 1)
    assert advance(waiting, now + 100) == waiting
    again = resume(waiting, now + 100, lambda beats: Commitment("paper", "fresh"))
    assert (again.phase, again.won("you"), again.commitment.word) == (Phase.COUNTDOWN, 1, "fresh")
    won = replace(match, phase=Phase.REVEAL, rounds=match.rounds * 3)
    assert pause(won, now) is won
    over = replace(won, phase=Phase.OVER)
    assert pause(over, now) is over


def test_what_is_no_part_of_the_game_is_not_read() -> None:
    match = advance(begin(0.0, BEATS), 2.1)
    assert match.phase is Phase.READING
    assert observe(match, 2.2, "somebody", 0.99) is match


def test_a_game_may_have_other_classes() -> None:
    beats = {"water": "fire", "fire": "grass", "grass": "water"}
    assert {draw(beats).throw for _ in range(200)} == set(beats)
    assert Round("water", 0.9, Commitment("fire", "word"), beats).outcome == "you"
    assert Round("grass", 0.9, Commitment("fire", "word"), beats).outcome == "machine"


def test_the_machine_has_chosen_before_it_looks() -> None:
    match = begin(0.0, BEATS)
    chosen = match.commitment
    while match.phase is not Phase.REVEAL:
        match = advance(match, match.since + 3)
        match = observe(match, match.since, "rock", 0.9)
        match = observe(match, match.since + 0.1, "rock", 0.9)
        assert match.commitment is chosen
    told = match.rounds[0].commitment
    assert hashlib.sha256(f"{told.throw}:{told.word}".encode()).hexdigest().startswith(chosen.digest)


def test_the_machine_is_fair_and_its_pledge_tells_nothing() -> None:
    drawn = [draw(BEATS) for _ in range(3000)]
    counts = Counter(commitment.throw for commitment in drawn)
    # Six standard deviations of a fair draw: 26 each.
    assert all(abs(counts[throw] - 1000) < 160 for throw in CLASSES)
    pairs = Counter((one.throw, two.throw) for one, two in pairwise(drawn))
    assert all(abs(pairs[one, two] - 333) < 110 for one in CLASSES for two in CLASSES)
    assert len({commitment.digest for commitment in drawn}) == len(drawn)


def test_the_picture_tells_how_a_round_ended() -> None:
    won = Round("rock", 0.9, Commitment("scissors", "word"), BEATS)
    match = replace(begin(0.0, BEATS), phase=Phase.REVEAL, rounds=(won,))
    assert caption(match, 0.1) == "Scissors! You win"
    assert caption(replace(match, phase=Phase.UNSEEN), 0.1) == "Nothing detected"
    assert caption(replace(match, phase=Phase.PAUSED), 0.1) == ""
    assert caption(None, 0.1) == ""
