"""Writes the features of some of the starter's training photographs, which ship beside it.

    .venv/bin/python -m tools.starter.replay --photos FOLDER [--model FOLDER]

To be made again whenever the starter is: the file names the graph that it belongs to. It holds what the network
computed from the photographs, a sixth of its anchors, and no photograph.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.workloads.rps.head.examples import Examples, examples_of
from core.workloads.rps.head.features import FeatureExtractor
from core.workloads.rps.head.replay import REPLAY, write_replay
from core.workloads.rps.starter import starter_folder
from tools.starter.photos import Photo, read_photos

WITH_HANDS, WITHOUT = 160, 80
_SEED = 0


def replayed(photos: Sequence[Photo], model: Path) -> list[Examples]:
    """The examples of a sample of the photographs, those with hands first."""
    extractor = FeatureExtractor(model, threads=1)
    made: list[Examples] = []
    for photo in [*_sample(photos, True, WITH_HANDS), *_sample(photos, False, WITHOUT)]:
        anchors, placement = extractor.anchors(photo.pixels)
        boxes = placement.to_frame(photo.boxes[:, 1:])
        made.append(examples_of(anchors, photo.boxes[:, 0].astype(np.int64), boxes, len(made)))
    return made


def _sample(photos: Sequence[Photo], hands: bool, most: int) -> list[Photo]:
    fitting = [photo for photo in photos if bool(len(photo.boxes)) == hands]
    order = np.random.default_rng(_SEED).permutation(len(fitting))
    return [fitting[index] for index in order[:most]]


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser(prog="python -m tools.starter.replay", description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="folder with images/ and labels/ as YOLO has them")
    parser.add_argument("--model", type=Path, default=starter_folder(), help="the exported starter, and where to write")
    wanted = parser.parse_args()
    extractor = FeatureExtractor(wanted.model, threads=1)
    write_replay(wanted.model / REPLAY, replayed(read_photos(wanted.photos), wanted.model), extractor.meta.sha256)
    print(f"{wanted.model / REPLAY}: {(wanted.model / REPLAY).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
