"""What the starter model knew: features of photographs that it was trained on, learnt again beside a person's own.

Without them a head forgets other people. On photographs with hands the targets are the starter's own answers (Z. Li
and D. Hoiem, "Learning without forgetting", 2016); on those without a throw there is nothing. The file holds features
of some anchors and no photograph; ``tools/starter/replay.py`` writes it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import expit

from core.workloads.rps.head.examples import Examples
from core.workloads.rps.head.graph import HeadError, Weights

REPLAY = "replay.npz"

_WITH_HANDS, _WITHOUT = 2.0, 4.0
"""Weight of a photograph, where one of the person's counts 1. With 1 and 1 boxes on gestures that are no throw became
more by a tenth; so they become fewer, and hands of others are missed a little more often."""


def write_replay(file: Path, pictures: Sequence[Examples], graph_sha256: str) -> None:
    """Store the examples of photographs, one :class:`Examples` each, for the graph with that SHA-256."""
    hands = np.concatenate([np.full(len(one), one.targets.any()) for one in pictures])
    np.savez_compressed(
        file,
        graph=np.array(graph_sha256),
        features=np.concatenate([one.features for one in pictures]),
        scale=np.concatenate([one.scale for one in pictures]),
        weights=np.concatenate([one.weights for one in pictures]).astype(np.float16),
        hands=hands,
    )


def read_replay(file: Path, graph_sha256: str, start: Weights) -> Examples:
    """The examples, with targets by the class layers ``start``.

    Raises :class:`HeadError` when the file is missing, damaged, or made for another graph.
    """
    try:
        with np.load(file, allow_pickle=False) as stored:
            features, scale = stored["features"], stored["scale"]
            weights, hands, graph = stored["weights"].astype(np.float32), stored["hands"], str(stored["graph"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise HeadError(f"{file.name} of the starter model cannot be read: {error}") from error
    if graph != graph_sha256:
        raise HeadError(f"{file.name} was made for another starter model")
    targets = np.zeros((len(scale), len(start[0])), np.float32)
    for index, layer in enumerate(start):
        mine = hands & (scale == index)
        targets[mine] = expit(features[mine].astype(np.float32) @ layer[:, :-1].T + layer[:, -1])
    return Examples(features, scale, targets, weights * np.where(hands, _WITH_HANDS, _WITHOUT).astype(np.float32))
