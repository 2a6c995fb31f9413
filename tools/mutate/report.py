"""How many mutants the tests noticed, and which they did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from core.workloads.statistics import wilson_interval
from tools.mutate.workspace import Mutant


def report(found: Mapping[str, Sequence[Mutant]], of: int) -> Iterator[str]:
    """Lines of Markdown: a table by room, and the diff of every mutant that lived. ``of``: how many there are."""
    everything = [one for mutants in found.values() for one in mutants]
    yield f"{len(everything):,} of {of:,} mutants."
    yield ""
    yield "| package | mutants | killed | share | 95 % (Wilson) |"
    yield "|---|---|---|---|---|"
    for room, mutants in [*sorted(found.items()), ("all", everything)]:
        if mutants:
            yield _row(room, mutants)
    yield ""
    states = Counter(one.status for one in everything)
    yield ", ".join(f"{status}: {number:,}" for status, number in states.most_common())
    for one in everything:
        if not one.noticed:
            yield f"\n### {one.name} ({one.status})\n\n```diff\n{_short(one)}\n```"


def _row(room: str, mutants: Sequence[Mutant]) -> str:
    noticed = sum(one.noticed for one in mutants)
    low, high = wilson_interval(noticed, len(mutants))
    return f"| {room} | {len(mutants)} | {noticed} | {noticed / len(mutants):.1%} | {low:.1%} to {high:.1%} |"


def _short(mutant: Mutant) -> str:
    """The lines that differ with the line above each, under the file's name."""
    lines = mutant.diff.splitlines()
    changed = {number for number, line in enumerate(lines) if line[:1] in "+-" and line[:3] not in ("+++", "---")}
    shown = sorted(changed | {number - 1 for number in changed if number})
    return "\n".join([mutant.path, *(lines[number] for number in shown)])
