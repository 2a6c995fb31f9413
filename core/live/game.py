"""A best-of-five game against the machine: an immutable state machine without a clock.

:func:`advance` and :func:`observe` return a new :class:`Match`. The caller passes the time (seconds of any monotonic
clock), so tests run without waiting.

Commit-reveal: the machine draws its throw with ``secrets`` before the countdown and shows a commitment, the SHA-256 of
the throw and a nonce. Both are revealed after the round, so players can verify that the throw was fixed in advance.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

WINS = 3
"""Wins needed. A round with equal throws is repeated without a point."""

MAX_MISSED_ROUNDS = 3
"""Consecutive rounds without a visible throw after which the game pauses."""

MIN_FRAMES = 2

Beats = Mapping[str, str]
"""Class → the class that it beats."""

Outcome = Literal["you", "machine", "tie"]


class Phase(StrEnum):
    COUNTDOWN = "countdown"
    READING = "reading"
    REVEAL = "reveal"
    UNSEEN = "unseen"
    PAUSED = "paused"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Timings:
    """Durations in seconds. ``settle_s`` is the wait for the results of the last frames of the reading phase;
    ``linger_s`` extends that phase while no throw is visible: a slow machine processes two frames a second, with delay.
    """

    beat_s: float = 0.7
    read_s: float = 0.6
    settle_s: float = 0.25
    linger_s: float = 1.5
    reveal_s: float = 1.8


@dataclass(frozen=True, slots=True)
class Commitment:
    """The machine's throw, fixed before the round, and the nonce that prevents guessing it from the digest."""

    throw: str
    word: str

    @property
    def digest(self) -> str:
        """The commitment shown before the round: the first 16 hexadecimal digits of the SHA-256 of ``throw:word``."""
        return hashlib.sha256(f"{self.throw}:{self.word}".encode()).hexdigest()[:16]


def draw(beats: Beats) -> Commitment:
    """A random throw, uniformly distributed, unpredictable."""
    return Commitment(secrets.choice(tuple(beats)), secrets.token_hex(8))


Draw = Callable[[Beats], Commitment]


@dataclass(frozen=True, slots=True)
class Round:
    """``confidence`` is the mean over the frames that voted for the player's throw."""

    you: str
    confidence: float
    commitment: Commitment
    beats: Beats

    @property
    def outcome(self) -> Outcome:
        if self.you == self.commitment.throw:
            return "tie"
        return "you" if self.beats[self.you] == self.commitment.throw else "machine"


@dataclass(frozen=True, slots=True)
class Match:
    """The state of a game. ``since`` is the start of the current phase."""

    phase: Phase
    since: float
    commitment: Commitment
    beats: Beats
    rounds: tuple[Round, ...] = ()
    votes: tuple[tuple[str, float], ...] = ()
    unseen: int = 0
    pace: Timings = field(default_factory=Timings)

    def won(self, who: Outcome) -> int:
        """The number of rounds with this outcome."""
        return sum(one.outcome == who for one in self.rounds)

    @property
    def winner(self) -> Outcome | None:
        sides: tuple[Outcome, ...] = ("you", "machine")
        return next((who for who in sides if self.won(who) >= WINS), None)

    @property
    def running(self) -> bool:
        return self.phase not in {Phase.PAUSED, Phase.OVER}

    def count(self, now: float) -> int:
        """3, 2 or 1 during the countdown, else 0."""
        if self.phase is not Phase.COUNTDOWN:
            return 0
        return max(1, 3 - int((now - self.since) / self.pace.beat_s))


def begin(now: float, beats: Beats, draw_one: Draw = draw, pace: Timings | None = None) -> Match:
    """A new game: the countdown of its first round starts at ``now``."""
    return Match(Phase.COUNTDOWN, now, draw_one(beats), beats, pace=pace or Timings())


def pause(match: Match, now: float) -> Match:
    """Pause; the current round is discarded. A finished game is unchanged."""
    return replace(match, phase=Phase.PAUSED, since=now) if match.running and not match.winner else match


def resume(match: Match, now: float, draw_one: Draw = draw) -> Match:
    """Resume a paused game; any other is unchanged."""
    return _next_round(replace(match, unseen=0), now, draw_one) if match.phase is Phase.PAUSED else match


def observe(match: Match, at: float, throw: str, confidence: float) -> Match:
    """Record that a frame taken at ``at`` shows ``throw``. Counts only in the reading phase."""
    if throw not in match.beats:
        return match
    longer = 0.0 if read_throw(match.votes) else match.pace.linger_s
    if match.phase is not Phase.READING or not match.since <= at <= match.since + match.pace.read_s + longer:
        return match
    return replace(match, votes=(*match.votes, (throw, confidence)))


def advance(match: Match, now: float, draw_one: Draw = draw) -> Match:
    """The game at ``now``: at most one phase further, and each phase starts when it is first observed.

    So a stalled stream loses no round.
    """
    elapsed, pace = now - match.since, match.pace
    if match.phase is Phase.COUNTDOWN and elapsed >= 3 * pace.beat_s:
        return replace(match, phase=Phase.READING, since=now, votes=())
    if match.phase is Phase.READING and elapsed >= pace.read_s + pace.settle_s:
        lingers = not read_throw(match.votes) and elapsed < pace.read_s + pace.settle_s + pace.linger_s
        return match if lingers else _read(match, now)
    if match.phase in {Phase.REVEAL, Phase.UNSEEN} and elapsed >= pace.reveal_s:
        if match.winner:
            return replace(match, phase=Phase.OVER, since=now)
        if match.unseen >= MAX_MISSED_ROUNDS:
            return replace(match, phase=Phase.PAUSED, since=now)
        return _next_round(match, now, draw_one)
    return match


def _next_round(match: Match, now: float, draw_one: Draw) -> Match:
    return replace(match, phase=Phase.COUNTDOWN, since=now, commitment=draw_one(match.beats), votes=())


def _read(match: Match, now: float) -> Match:
    thrown = read_throw(match.votes)
    if thrown is None:
        return replace(match, phase=Phase.UNSEEN, since=now, unseen=match.unseen + 1)
    played = Round(*thrown, match.commitment, match.beats)
    return replace(match, phase=Phase.REVEAL, since=now, rounds=(*match.rounds, played), unseen=0)


def read_throw(votes: tuple[tuple[str, float], ...]) -> tuple[str, float] | None:
    """The throw with the greatest sum of confidences, and the mean confidence of its votes.

    None when fewer than two frames showed it: a single frame may show a moving hand.
    """
    sums = {throw: sum(confidence for name, confidence in votes if name == throw) for throw, _ in votes}
    if not sums:
        return None
    best = max(sums, key=lambda throw: sums[throw])
    frames = sum(name == best for name, _ in votes)
    return (best, sums[best] / frames) if frames >= MIN_FRAMES else None
