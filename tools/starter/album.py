"""The sources of training scenes: photographs by source, cut-out hands, and images without a throw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from tools.starter.cutouts import Cutout, cut_out
from tools.starter.photos import Photo

T = TypeVar("T")

_WITH_THROW = 0.7
_BODIES = 0.65


class Album:
    """Photographs to draw from, so that a source of hundreds of like frames does not outweigh the others.

    A source counts with the square root of its frames. With probability ``share`` a ``rendered`` image comes
    instead of a photograph, and two thirds of the hands to paste are ``bodies``: hands cut out of rendered people.
    """

    def __init__(
        self,
        photos: Sequence[Photo],
        cutouts: Sequence[Cutout] | None = None,
        rendered: Sequence[Photo] = (),
        share: float = 0.0,
        bodies: Sequence[Cutout] = (),
    ) -> None:
        self.share = share if rendered else 0.0
        self.rendered = list(rendered)
        self.rendered_throws = [photo for photo in rendered if len(photo.boxes)]
        self.throws = _by_source([photo for photo in photos if len(photo.boxes)])
        self.others = _by_source([photo for photo in photos if not len(photo.boxes)])
        self.cutouts = _cutouts_by_source(cut_out(photos) if cutouts is None else cutouts)
        self.bodies = list(bodies)

    def photo(self, rng: np.random.Generator, with_throw: float = _WITH_THROW) -> Photo:
        """One photograph, with that probability one that holds a throw."""
        if rng.random() < self.share:
            return self.rendered[rng.integers(len(self.rendered))]
        return self._real_throw(rng) if rng.random() < with_throw or not self.others else _drawn(self.others, rng)

    def throw(self, rng: np.random.Generator) -> Photo:
        """One photograph that holds a throw."""
        if rng.random() < self.share:
            return self.rendered_throws[rng.integers(len(self.rendered_throws))]
        return self._real_throw(rng)

    def _real_throw(self, rng: np.random.Generator) -> Photo:
        return _drawn(self.throws, rng)

    def background(self, rng: np.random.Generator) -> Photo:
        """One photograph that holds none."""
        return _drawn(self.others, rng)

    def cutout(self, rng: np.random.Generator) -> Cutout:
        """One hand without what was behind it; its label may be -1, then it shows no throw."""
        if self.bodies and (not self.cutouts or rng.random() < _BODIES):
            return self.bodies[rng.integers(len(self.bodies))]
        return _drawn(self.cutouts, rng)


def _by_source(photos: Sequence[Photo]) -> list[list[Photo]]:
    found: dict[str, list[Photo]] = {}
    for photo in photos:
        found.setdefault(photo.source, []).append(photo)
    return list(found.values())


def _cutouts_by_source(cutouts: Sequence[Cutout]) -> list[list[Cutout]]:
    found: dict[str, list[Cutout]] = {}
    for cutout in cutouts:
        found.setdefault(cutout.source, []).append(cutout)
    return list(found.values())


def _drawn(groups: list[list[T]], rng: np.random.Generator) -> T:
    weights = np.sqrt([len(group) for group in groups])
    group = groups[rng.choice(len(groups), p=weights / weights.sum())]
    return group[rng.integers(len(group))]
