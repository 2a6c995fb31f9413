"""Box proposals for unlabelled images, from the workload's helper or the serving model.

Proposals wait on the Label page until a user confirms them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select

from core.auth.roles import Actor, Role, require
from core.catalog.engine import reading, writing
from core.catalog.image_tables import Image
from core.config.messages import Message, say
from core.config.progress import Report, silent
from core.images import PROPOSED, UNLABELLED, store
from core.images.collection import ImageCollection
from core.images.label_hints import hinted_class
from core.models import registry
from core.models.serving import ModelRefusedError, load_served, served_starter
from core.vision.boxes import NewBox
from core.vision.detection_formats import PROPOSAL_CONFIDENCE, to_boxes
from core.vision.detections import Detector, Pixels
from core.workloads.image_collections import collection_of, helper_of

Proposer = Callable[[Pixels], list[NewBox]]

_TELL_EVERY_S = 1.0


class NoProposerError(RuntimeError):
    """There is no helper and no model to propose labels; the message says how to get one."""


@dataclass(slots=True)
class ProposalResult:
    """``looked`` is the number of images processed; ``found`` of them have a proposal."""

    looked: int = 0
    found: int = 0

    def message(self) -> Message:
        """Both numbers in one message."""
        if not self.looked:
            return say("propose.none_waiting")
        return say("propose.done", found=self.found, looked=self.looked)


def propose_all(
    actor: Actor, workload: str, report: Report = silent, proposer: Proposer | None = None
) -> ProposalResult:
    """Propose boxes on every unlabelled image; images without detections stay unchanged.

    If a user stated the class of an image, its largest box gets that class and the others are dropped. Raises
    ``ForbiddenError``, :class:`NoProposerError`.
    """
    require(actor, Role.EDITOR)
    outcome = ProposalResult()
    with reading() as session:
        wanted = select(Image).where(Image.workload == workload, Image.state == UNLABELLED).order_by(Image.id)
        waiting = list(session.scalars(wanted))
    if not waiting:
        return outcome
    collection = collection_of(workload)
    proposer = proposer or find_proposer(collection)
    tell_at = 0.0
    for number, image in enumerate(waiting):
        if time.monotonic() >= tell_at:
            report(number / len(waiting), say("propose.progress", done=number, total=len(waiting)))
            tell_at = time.monotonic() + _TELL_EVERY_S
        outcome.looked += 1
        outcome.found += _propose(actor, image, proposer, collection)
    return outcome


def _propose(actor: Actor, image: Image, proposer: Proposer, collection: ImageCollection) -> bool:
    try:
        boxes = proposer(store.read_pixels(image))
    except store.ImageMissingError:
        return False  # doctor reports it
    if boxes and (said := hinted_class(image.note, collection.classes)) is not None:
        boxes = [replace(max(boxes, key=lambda box: box.width * box.height), label=said)]
    if not boxes:
        return False
    with writing() as session:
        now = session.get(Image, image.id)
        if now is None or now.state != UNLABELLED:  # a user reviewed it meanwhile, and users have precedence
            return False
        now.boxes = [store.new_box_row(box, actor) for box in boxes]
        now.state = PROPOSED
    return True


def find_proposer(collection: ImageCollection) -> Proposer:
    """A proposer: the workload's own helper, with the serving model as fallback where it is missing or detects nothing.

    Raises :class:`NoProposerError` when there is neither.
    """
    helper = helper_of(collection.workload)
    missing = helper.available() if helper is not None else None
    model = _serving(collection.workload)
    if helper is not None and missing is None:
        ready = helper
        return lambda pixels: ready.propose(pixels) or (_answered(model, pixels, collection) if model else [])
    if model is None:
        raise NoProposerError(f"There is no model yet that could propose labels. {missing or ''}".strip())
    return lambda pixels: _answered(model, pixels, collection)


def _serving(workload: str) -> Detector | None:
    """The champion, else the starter; None when there is neither or it is rejected."""
    try:
        version = registry.champion(workload) if registry.store_exists() else None
        served = load_served(version) if version is not None else served_starter(workload)
    except (registry.RegistryError, ModelRefusedError):
        return None
    return served.predictor if served is not None else None


def _answered(model: Detector, pixels: Pixels, collection: ImageCollection) -> list[NewBox]:
    """Labels that were removed since the model was trained are left out."""
    height, width = pixels.shape[:2]
    found = to_boxes(model.detect(pixels, PROPOSAL_CONFIDENCE), model.classes, width, height)
    known = [box for box in found if box.label in collection.classes]
    return known[:1] if collection.whole_image else known
