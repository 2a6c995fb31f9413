"""The recipe: most sources, judged on the others, then all sources. What ships is the last.

Each stage keeps its state in the work folder, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from tools.starter.album import Album
from tools.starter.cutouts import Cutout
from tools.starter.network import TorchDetector, blend, build, save
from tools.starter.photos import Photo, apart
from tools.starter.report import table
from tools.starter.scenes import Mix
from tools.starter.training import Plan, train

SIZE = 320
SHOWN = 0.25
RENDERED = 2000
HELD = ("NNNN-png", "JWitt", "Photo-on-2-16", "Photo-on-2-11", "other:0.3", "egohands-null:0.3")
"""Sources to judge by that differ from the rest in people, rooms and distance, and images without a throw."""


@dataclass(frozen=True, slots=True)
class Stage:
    """``every_source``: learn from the sources held too, which leaves none to judge by.

    ``rendered``: share of images that are rendered ones. ``new``: how far the weights go from those the stage began
    with (0) to those it learnt (1).
    """

    name: str
    plan: Plan
    every_source: bool = False
    rendered: float = 0.0
    new: float = 1.0


START = Stage("start", Plan(steps=1800, batch=64, every=600), rendered=0.05)
_LONG = Plan(steps=3900, batch=80, sizes=(256, 320, 320), seed=5, every=1500)
FINISH = (Stage("most", _LONG, new=0.6), Stage("all", _LONG, every_source=True, new=0.6))
"""Both go on from the start. Judge by the first; the second ships."""


def run_stage(stage: Stage, album: Album, judged: Sequence[Photo], base: Path, work: Path) -> Path:
    """Train one stage from ``base``; returns its weights. Its figures go to ``<name>.md`` after each checkpoint."""
    weights = work / f"{stage.name}.pt"
    if weights.exists() and not (work / f"{stage.name}.state").exists():
        return weights
    first = build(base)

    def report(step: int, mean: DetectionModel) -> None:
        figures = table(TorchDetector(blend(first, mean, stage.new), SIZE), judged, SHOWN)
        (work / f"{stage.name}.md").write_text(f"After {step} of {stage.plan.steps} steps:\n\n{figures}\n")
        print(figures, flush=True)

    state = work / f"{stage.name}.state"
    model = train(build(base), album, Mix(), stage.plan, state, report)
    save(blend(first, model, stage.new), weights, SIZE)
    state.unlink()
    return weights


def make(
    photos: Sequence[Photo],
    rendered: Sequence[Photo],
    bodies: Sequence[Cutout],
    base: Path,
    work: Path,
    held: Sequence[str],
    stages: tuple[Stage, Sequence[Stage]] = (START, FINISH),
) -> Path:
    """The first stage from ``base``, then each of the others from the first; returns the weights that ship."""
    learnt, judged = apart(photos, held)
    start, finish = stages

    def run(stage: Stage, base: Path) -> Path:
        print(f"== {stage.name}", flush=True)
        chosen = photos if stage.every_source else learnt
        album = Album(chosen, rendered=rendered, share=stage.rendered, bodies=bodies)
        return run_stage(stage, album, judged, base, work)

    begun = run(start, base)
    return [run(stage, begun) for stage in finish][-1]
