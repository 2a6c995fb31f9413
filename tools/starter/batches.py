"""Batches of scenes, drawn ahead by processes of their own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader

from tools.starter.album import Album
from tools.starter.scenes import Mix, Scene, scene

Batch = dict[str, torch.Tensor]
"""``img``: (n, 3, size, size) uint8, red-green-blue; ``batch_idx``, ``cls``, ``bboxes``: as its loss has it."""

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Lots:
    """What to draw: step ``i`` has ``batch`` scenes of ``sizes[i % len(sizes)]``.

    The seed of a scene follows from ``seed``, its step and its place, so any run repeats, with any number of workers.
    """

    album: Album
    mix: Mix
    steps: int
    batch: int
    sizes: tuple[int, ...]
    seed: int = 0

    def draw(self, step: int) -> Batch:
        """The batch of one step."""
        size = self.sizes[step % len(self.sizes)]
        rngs = (np.random.default_rng([self.seed, step, n]) for n in range(self.batch))
        return _as_batch([scene(self.album, self.mix, size, rng) for rng in rngs], size)


class _Steps:
    """A map-style data set of which each item is a whole batch: a worker draws one step, another the next."""

    def __init__(self, lots: Lots, first: int) -> None:
        self._lots, self._first = lots, first

    def __len__(self) -> int:
        return self._lots.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        cv2.setNumThreads(1)
        return self._lots.draw(self._first + index)


def batches(lots: Lots, first: int, workers: int) -> Iterator[tuple[int, Batch]]:
    """Step and batch from step ``first`` on; with no ``workers`` they are drawn when they are asked for."""
    forks = "fork" in multiprocessing.get_all_start_methods()  # others would each get a copy of all photographs
    workers = workers if forks else 0
    loader = DataLoader(
        _Steps(lots, first),
        batch_size=None,
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="fork" if workers else None,
    )
    return enumerate(loader, start=first)


def _as_batch(scenes: list[Scene], size: int) -> Batch:
    boxes = [torch.from_numpy(boxes) for _, boxes in scenes]
    together = torch.cat(boxes)
    corners = together[:, 1:] / size
    centred = torch.cat([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]], dim=1)
    counts = torch.tensor([len(one) for one in boxes])
    stacked = np.stack([pixels[:, :, ::-1] for pixels, _ in scenes])
    return {
        "img": torch.from_numpy(stacked).permute(0, 3, 1, 2),
        "batch_idx": torch.repeat_interleave(torch.arange(len(scenes)), counts).float(),
        "cls": together[:, :1],
        "bboxes": centred,
    }
