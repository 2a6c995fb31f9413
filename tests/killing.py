"""A check that dies at any of its steps: what a killed process leaves behind, in process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.loop import contract, decisions, history, loop, measuring
from core.models import promotion, registry
from tests.bench.memory_registry import MemoryRegistry
from tests.bench.simulated_world import World, forget

ANGLES = (0.0, 60.0, 60.0, 0.0)
"""A first champion, a challenger that waits and is promoted, and a world that turns back: the shadow takes over."""

STEPS: Sequence[tuple[Any, str]] = (
    (loop, "record_moved_alias"),
    (measuring, "_keep"),
    (loop, "measure_refit"),
    (registry, "log_challenger"),
    (registry, "log_scores"),
    (promotion, "promote"),
    (loop, "record"),
)
"""What a turn changes, in the catalog or in the registry."""


class KilledError(BaseException):
    """Nothing catches it, and nothing after it is executed."""


@dataclass(slots=True)
class Killer:
    """Ends the process, so to speak, at the n-th step of a name, before or after it has taken place; None: never."""

    at: tuple[str, int] | None = None
    after: bool = False
    steps: list[str] = field(default_factory=list)
    killed: bool = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module, name in STEPS:
            monkeypatch.setattr(module, name, self._deadly(name, getattr(module, name)))

    def _deadly(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def deadly(*given: Any, **named: Any) -> Any:
            here = not self.killed and (name, self.steps.count(name)) == self.at
            self.steps.append(name)
            if here and not self.after:
                self.killed = True
                raise KilledError(name)
            made = step(*given, **named)
            if here:
                self.killed = True
                raise KilledError(name)
            return made

        return deadly


def live(killer: Killer, monkeypatch: pytest.MonkeyPatch, seed: int = 7) -> World:
    """One installation through :data:`ANGLES`, in a catalog that is empty again; each check is started three times."""
    forget()
    memory = MemoryRegistry("linear")
    memory.install(monkeypatch)
    # The data is good by construction, and looking for what is bad takes half of the time.
    monkeypatch.setattr(contract, "_findings", lambda dataset: [])
    killer.install(monkeypatch)
    world = World(memory, 1_000, seed)
    for angle in ANGLES:
        world.arrive(angle)
        for _ in range(3):
            with suppress(KilledError):
                loop.run_once("linear")
        assert history.unjudged("linear") is None
    monkeypatch.undo()
    return world


def end_state(world: World) -> dict[str, Any]:
    """What has to be the same whether a check was killed or not: who serves, who served, what must not come back."""
    changes = [one for one in decisions.latest("linear") if one.kind in {decisions.PROMOTED, decisions.ROLLED_BACK}]
    return {
        "aliases": dict(world.registry.aliases),
        "trained": [one.trained_on for one in world.registry.versions],
        "changes": [(one.kind, one.champion_version, one.challenger_version) for one in changes[::-1]],
        "rolled back": history.rolled_back("linear"),
    }
