"""The recipe: rendered hands first, then most sources, judged on the others, then all sources. What ships is the last.

Each stage starts from the weights of the one before and keeps its state in the work folder, so that a run that was
stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from tools.starter.album import Album
from tools.starter.network import TorchDetector, build, save
from tools.starter.photos import Photo, apart
from tools.starter.report import table
from tools.starter.scenes import Mix
from tools.starter.training import Plan, train

SIZE = 320
SHOWN = 0.25
RENDERED = 2000
HELD = ("NNNN-png", "JWitt", "Photo-on-2-16", "Photo-on-2-11", "other:0.3", "egohands-null:0.3")
"""Sources to judge by that differ from the rest in people, rooms and distance, and pictures without a throw."""


@dataclass(frozen=True, slots=True)
class Stage:
    """``share``: of pictures that are rendered ones; ``frozen``: layers that do not learn."""

    name: str
    plan: Plan
    share: float
    frozen: int = 5


STAGES = (
    Stage("rendered", Plan(steps=350, sizes=(256,)), share=1.0),
    Stage("most", Plan(steps=1050, rate=8e-4), share=0.15),
    Stage("all", Plan(steps=480, rate=5e-4), share=0.12),
)
"""Rendered hands alone; photographs without the sources held; all photographs."""


def run_stage(stage: Stage, album: Album, judged: Sequence[Photo], base: Path, work: Path) -> Path:
    """Train one stage from ``base``; returns its weights. Its figures go to ``<name>.md`` after each checkpoint."""
    weights = work / f"{stage.name}.pt"
    if weights.exists() and not (work / f"{stage.name}.state").exists():
        return weights

    def report(step: int, mean: DetectionModel) -> None:
        figures = table(TorchDetector(mean, SIZE), judged, SHOWN)
        (work / f"{stage.name}.md").write_text(f"After {step} of {stage.plan.steps} steps:\n\n{figures}\n")
        print(figures, flush=True)

    state = work / f"{stage.name}.state"
    model = train(build(base, stage.frozen), album, Mix(), stage.plan, state, report)
    save(model, weights, SIZE)
    state.unlink()
    return weights


def make(
    photos: Sequence[Photo],
    rendered: Sequence[Photo],
    base: Path,
    work: Path,
    held: Sequence[str],
    stages: Sequence[Stage],
) -> Path:
    """All three ``stages`` (rendered, most, all); returns the weights that ship."""
    learnt, judged = apart(photos, held)
    sets: tuple[Sequence[Photo], ...] = ((), learnt, photos)
    for stage, chosen in zip(stages, sets, strict=True):
        print(f"== {stage.name}", flush=True)
        album = Album(chosen, rendered=rendered, share=stage.share) if chosen else Album(rendered, cutouts=())
        base = run_stage(stage, album, judged, base, work)
    return base
