"""Makes the starter model from photographs, rendered hands and COCO weights; see docs/starter-model.md.

    .venv/bin/python -m tools.starter --photos FOLDER --base yolo11n.pt --out FOLDER
    .venv/bin/python -m tools.starter --photos FOLDER --evaluate MODEL_FOLDER

The first takes an hour on two cores that others use too, and goes on where it was when started again. The
second prints the figures of a served form.
"""

from __future__ import annotations

import argparse
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tools.starter.photos import apart, read_photos

if TYPE_CHECKING:
    from tools.starter.recipe import Stage


def main() -> None:
    """Read the arguments and do it."""
    wanted = _arguments()
    if wanted.evaluate:
        _evaluate(wanted)
    else:
        _make(wanted)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.starter", description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder with images/ and labels/ as YOLO has them")
    parser.add_argument("--base", type=Path, default=Path("yolo11n.pt"), help="COCO weights of YOLO11n")
    parser.add_argument("--bodies", type=Path, help="hands rendered by tools.starter.bodies, to paste into scenes")
    parser.add_argument("--out", type=Path, default=Path("data/starter"), help="where the files that ship are written")
    parser.add_argument("--work", type=Path, help="checkpoints and rendered pictures (default: OUT/work)")
    parser.add_argument(
        "--held", nargs="+", help="sources to judge by, 'name' or 'name:share' (default: see the recipe)"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch (default: 2)")
    parser.add_argument("--batch", type=int, help="scenes in a step (default: the recipe's, 64 and 80)")
    parser.add_argument(
        "--effort", type=float, default=1.0, help="times the recipe's steps: 0.01 for a trial, 4 for a better model"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="let no stage take longer (default: no limit)")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes (default: 1)")
    parser.add_argument("--evaluate", type=Path, help="judge this served form on the sources held, and make nothing")
    parser.add_argument("--all", action="store_true", help="with --evaluate: judge on all photographs")
    parser.add_argument("--confidence", type=float, default=0.25, help="with --evaluate: what a box needs to be shown")
    return parser.parse_args()


def _evaluate(wanted: argparse.Namespace) -> None:
    from core.workloads.rps.detector import ExportedDetector
    from tools.starter.recipe import HELD
    from tools.starter.report import table

    photos = read_photos(wanted.photos)
    judged = photos if wanted.all else apart(photos, wanted.held or HELD)[1]
    print(table(ExportedDetector(wanted.evaluate), judged, wanted.confidence))


def _make(wanted: argparse.Namespace) -> None:
    from tools.starter.bodies.pool import read_bodies
    from tools.starter.recipe import FINISH, HELD, RENDERED, SIZE, START, make
    from tools.starter.rendered import rendered_photos
    from tools.starter.shipping import WEIGHTS, ship

    work = wanted.work or wanted.out / "work"
    work.mkdir(parents=True, exist_ok=True)
    photos = read_photos(wanted.photos)
    count = max(20, round(RENDERED * min(1.0, wanted.effort)))
    rendered = rendered_photos(count, SIZE, wanted.threads, work / "rendered")
    bodies = read_bodies(wanted.bodies) if wanted.bodies else []
    stages = _adapted(START, wanted), [_adapted(stage, wanted) for stage in FINISH]
    weights = make(photos, rendered, bodies, wanted.base, work, wanted.held or HELD, stages)
    wanted.out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, wanted.out / WEIGHTS)
    meta = ship(weights, wanted.out, SIZE)
    print(f"Written to {wanted.out}. SHA-256 of the graph: {meta.sha256}")


def _adapted(stage: Stage, wanted: argparse.Namespace) -> Stage:
    steps = max(2, round(stage.plan.steps * wanted.effort))
    chosen = {name: getattr(wanted, name) for name in ("threads", "minutes", "workers")}
    if wanted.batch:
        chosen["batch"] = wanted.batch
    return replace(stage, plan=replace(stage.plan, steps=steps, **chosen))


if __name__ == "__main__":
    main()
