"""The hands' part of the story: rendered hands, one training, a review queue, and a camera that shows hands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core import images
from core.auth.roles import SYSTEM, Actor
from core.images import store
from core.jobs import jobs
from core.labelling import flags
from core.models.serving import served_starter
from core.vision.detection_formats import to_boxes, to_rows
from core.vision.detections import Detections, Detector, Pixels
from core.workloads.image_collections import collection_of
from core.workloads.rps.render import render
from tools.scratch_stack import wait_for

_FIRST_OF_QUEUE = 900
_SIDE = 640
_FRAMES_EACH = 45
_LARGE = 0.08


def tell_of_hands(editor: Actor) -> None:
    """Create a dataset, run the loop on it, and leave some images to review. Raises ``TimeoutError``."""
    jobs.submit(editor, jobs.GENERATE, "rps", {"choices": {"synthetic": 160, "seed": 2000}})
    wait_for(_checked, "the check on rendered hands", 900)
    starter = served_starter("rps")
    if starter is None:
        return
    for seed in range(_FIRST_OF_QUEUE, _FIRST_OF_QUEUE + 8):
        pixels, _ = render(seed, _SIDE)
        _propose(pixels, starter.predictor)
    pixels, boxes = render(_FIRST_OF_QUEUE + 11, _SIDE)
    right = boxes[0].label if boxes else None
    said = flags.FlaggedPrediction(starter.predictor.detect(pixels), starter.predictor.classes, "starter")
    flags.flag(SYSTEM, pixels, right, said, session="live-story", collection=collection_of("rps"))


def _checked() -> bool:
    check = jobs.latest(jobs.CHECK, "rps")
    return check is not None and check.finished_at is not None


def _propose(pixels: Pixels, detector: Detector) -> None:
    height, width = pixels.shape[:2]
    boxes = to_boxes(detector.detect(pixels), detector.classes, width, height)
    store.add(SYSTEM, pixels, collection_of("rps"), source=images.WEBCAM, session="story", boxes=boxes)


def write_film(target: Path) -> Path:
    """An MJPEG that Chromium plays as its camera: rendered hands that the starter classifies correctly."""
    import cv2

    with target.open("wb") as film:
        for pixels in islice(_understood(), 4):
            data = cv2.imencode(".jpg", pixels)[1].tobytes()
            film.write(data * _FRAMES_EACH)
    return target


def _understood() -> Iterator[Pixels]:
    """Images, 640 x 480, of one large hand each."""
    if (starter := served_starter("rps")) is None:
        return
    for seed in range(400):
        pixels, boxes = render(seed, _SIDE)
        pixels = pixels[80:560]
        found = starter.predictor.detect(pixels, 0.5)
        if (
            len(boxes) == 1
            and boxes[0].width * boxes[0].height > _LARGE
            and _named(found, starter.predictor) == [boxes[0].label]
        ):
            yield pixels


def _named(found: Detections, detector: Detector) -> list[str]:
    return [str(row["label"]) for row in to_rows(found, detector.classes)]
