"""Origins of a holdout's images: whose they are, and whether something was learnt from the same person."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.tables import Dataset
from core.images.splits import HOLDOUT, TRAIN, VAL
from core.workloads.images.manifest import ManifestImage, listed
from core.workloads.origins import Origin


def origins(dataset: Dataset, pictures: Sequence[ManifestImage], classes: Sequence[str]) -> tuple[Origin, ...]:
    """Of the holdout's ``pictures``, in their order. Raises :class:`core.storage.lake.LakeError`."""
    learnt = {_who(one) for one in listed(dataset) if one.split in {TRAIN, VAL}}
    return tuple(
        Origin(
            one.sha256,
            one.session,
            one.person,
            one.taken_s,
            classes[int(one.labels[0])] if len(one.labels) else "",
            _who(one) not in learnt,
        )
        for one in pictures
    )


def holdout_keys(dataset: Dataset) -> frozenset[str]:
    """See :class:`core.workloads.capabilities.HoldoutKeys`."""
    return frozenset(one.sha256 for one in listed(dataset) if one.split == HOLDOUT)


def _who(picture: ManifestImage) -> str:
    return picture.person or picture.session
