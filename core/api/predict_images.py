"""``POST /predict/{workload}`` for images: the request body is the image, the response its boxes."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs

import msgspec
from starlette.types import Scope

from core.api import image_worker, problems
from core.api.image_models import RemoteModel
from core.api.image_pool import ImagePool, WorkerLostError
from core.api.image_worker import DetectionResult
from core.api.negotiation import require_plain
from core.api.predict_base import Headers, PredictRoute, no_champion
from core.api.problems import Problem
from core.api.request_body import RequestBody
from core.api.sidecar import Sidecar
from core.catalog.tables import utcnow
from core.models.registry import Version, model_name
from core.models.serving import ChampionWatcher, ModelRefusedError, Served
from core.predictions.entries import SAMPLE_ROWS, LogEntry
from core.predictions.request_ids import origin as request_origin
from core.vision.decode import FORMATS, BadImageError

MEDIA_TYPES = tuple(f"image/{name.lower()}" for name in FORMATS)
"""Accepted media types, as supported by ``core.vision.decode``."""

CONFIDENCE = 0.25
"""The default minimum confidence of a box."""

_KNOWN = frozenset(name.encode() for name in MEDIA_TYPES) | {b"image/jpg"}


class Box(msgspec.Struct):
    """One box, in pixels of the processed image (``width`` × ``height`` of the response)."""

    label: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


class BoxesAnswer(msgspec.Struct):
    """The boxes, most confident first, and the model.

    A classifier of whole images returns one box per class that covers the whole image. ``width`` and ``height``: the
    size of the image upright, reduced where it was very large. ``request_id`` is what ``POST /feedback`` takes.
    """

    boxes: list[Box]
    width: int
    height: int
    model: str
    version: int
    dataset_id: int
    request_id: str


class ImageRoute(PredictRoute):
    """Images are decoded and predicted by ``pool``; the event loop only transfers bytes."""

    def __init__(self, path: str, watcher: ChampionWatcher, sidecar: Sidecar) -> None:
        super().__init__(path, watcher, sidecar)
        self._pool: ImagePool = sidecar.images
        self._encoder = msgspec.json.Encoder()

    @property
    def _what_to_send(self) -> str:
        return f"Send the image itself as the body of a POST, with its Content-Type: {', '.join(MEDIA_TYPES)}."

    async def _answer(self, scope: Scope, headers: Headers, incoming: RequestBody, person: str) -> bytes:
        require_plain(headers.get(b"content-encoding"))
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() not in _KNOWN:
            raise Problem(problems.UNSUPPORTED_MEDIA_TYPE, self._what_to_send)
        confidence = _confidence(scope.get("query_string", b""))
        if self.watcher.known is None:
            raise no_champion()
        with self._pool.place():
            settings = self._settings
            body = await incoming.read(
                headers.get(b"content-length"), settings.predict_image_max_bytes, settings.predict_body_timeout_s
            )
            served = await self._served()
            found = await self._found(served, body, confidence)
        self._log.add(_entry(served.version, found))
        self._meter.predicted(self.watcher.workload, 1)
        version = served.version
        boxes = [Box(*box) for box in found.boxes]
        origin = (model_name(version.workload), version.version, version.dataset_id)
        # The most confident box is what the image was said to show.
        common = request_origin(version.workload, version.version, person, boxes[0].label if boxes else "")
        request_id = self._ids.make(common, time.time()).decode()
        return self._encoder.encode(BoxesAnswer(boxes, found.width, found.height, *origin, request_id))

    async def _served(self) -> Served:
        """The model; the first request waits until it is loaded."""
        if self.watcher.current is None:
            await asyncio.to_thread(self.watcher.wake)
        if self.watcher.current is None:
            raise no_champion()
        return self.watcher.current

    async def _found(self, served: Served, body: bytes, confidence: float) -> DetectionResult:
        model: RemoteModel = served.predictor
        try:
            return await self._pool.run(image_worker.detect, model.at, body, confidence)
        except BadImageError as error:
            raise Problem(problems.BAD_IMAGE, str(error)) from None
        except ModelRefusedError:
            raise no_champion() from None
        except WorkerLostError:
            detail = "Its process ended while predicting this image. Send it again, or a smaller one."
            raise Problem(problems.WORKER_LOST, detail, problems.RETRY) from None


def _confidence(query: bytes) -> float:
    """The query parameter ``confidence``. Raises :class:`Problem` (422)."""
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = set(values) - {"confidence"}
    try:
        confidence = float(values.get("confidence", [str(CONFIDENCE)])[-1])
    except ValueError:
        confidence = -1.0
    if unknown or not 0 <= confidence <= 1:
        detail = (
            f"The only query parameter is confidence, the minimum confidence of a box: 0 to 1 (default {CONFIDENCE})."
        )
        raise Problem(problems.WRONG_PARAMETER, detail)
    return confidence


def _entry(version: Version, found: DetectionResult) -> LogEntry:
    """The log entry of one image, with its most confident boxes."""
    scores = [box.score for box in found.boxes]
    mean = sum(scores) / len(scores) if scores else 0.0
    sample = [list(box) for box in found.boxes[:SAMPLE_ROWS]]
    return LogEntry(utcnow(), version.workload, version.version, "api", 1, float(bool(scores)), mean, sample)
