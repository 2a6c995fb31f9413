"""Adds rendered images to the image store."""

from __future__ import annotations

from sqlalchemy import select

from core.auth.roles import SYSTEM
from core.catalog.engine import reading
from core.catalog.image_tables import Image
from core.config.progress import Report
from core.images import LABELLED, SYNTHETIC, store
from core.images.collection import ImageCollection
from core.storage import buckets, lake
from core.workloads.rps.starter import STARTER_SEEDS

_SIZE = 320
_BYTES_EACH = 40_000


def session_of(seed: int) -> str:
    """Each rendered image is its own session: no person or place occurs twice."""
    return f"{SYNTHETIC}-{seed}"


def learnt_sessions() -> frozenset[str]:
    """Of the rendered images that the starter was trained on."""
    return frozenset(session_of(seed) for seed in range(STARTER_SEEDS))


def synthesise(collection: ImageCollection, number: int, first_seed: int, report: Report) -> int:
    """Render and store the images of ``number`` seeds, except those that exist.

    Returns the number of new images. Raises :class:`core.storage.lake.DiskFullError` before the first one.
    """
    missing = _missing(collection.workload, number, first_seed)
    if not missing:
        return 0
    from core.workloads.rps.render import render_many

    folder = buckets.folder(buckets.IMAGES)
    folder.mkdir(parents=True, exist_ok=True)
    lake.require_space(folder, _BYTES_EACH * len(missing))
    made = 0
    for seed, (pixels, boxes) in zip(missing, render_many(missing, _SIZE, report=report), strict=True):
        session = session_of(seed)
        store.add(SYSTEM, pixels, collection, source=SYNTHETIC, session=session, boxes=boxes, state=LABELLED)
        made += 1
    return made


def _missing(workload: str, number: int, first_seed: int) -> list[int]:
    with reading() as session:
        query = select(Image.session).where(Image.workload == workload, Image.source == SYNTHETIC)
        known = set(session.scalars(query))
    return [seed for seed in range(first_seed, first_seed + number) if session_of(seed) not in known]
