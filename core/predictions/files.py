"""CSV files predicted by the champion: validated on upload, processed in chunks, written atomically.

Neither the upload nor the output is ever in memory as a whole.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.auth.roles import Actor, Role, require
from core.config.messages import message_of, say
from core.config.progress import Report
from core.jobs import jobs
from core.jobs import outputs as job_outputs
from core.models import registry
from core.models.serving import load_served
from core.storage import uploads
from core.storage.csv_rows import BadFileError, Piece, read_pieces
from core.workloads import get_workload
from core.workloads.base import Classifier, Feature, Regressor, Workload, feature_names, predicted
from core.workloads.features import names_of

PREDICTED = "predicted"
_PROBABILITY = "probability"

_PIECE_ROWS = 20_000
_TELL_EVERY_S = 1.0
_CHECKED_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class PredictedFile:
    """``output`` is the name of the file in the outputs folder."""

    rows: int
    version: int
    output: str


def output_columns(answering: Workload | Classifier | Regressor) -> tuple[str, ...]:
    """The columns added to those of the upload; columns of the upload with these names are replaced.

    Regression: the value. Classification: the label and, for two classes, the probability of the second one, otherwise
    the probability of each.
    """
    classes: tuple[str, ...] = getattr(answering, "classes", ())
    if not classes:
        return (PREDICTED,)
    if len(classes) == 2:
        return PREDICTED, _PROBABILITY
    return PREDICTED, *(f"{_PROBABILITY}_{label}" for label in classes)


def save_upload(actor: Actor, workload: str, content: BinaryIO) -> str:
    """Store an upload under a generated name and return the name.

    Raises :class:`BadFileError` when its size or first lines are invalid, and ``DiskFullError``.
    """
    require(actor, Role.VIEWER)
    try:
        name = uploads.keep(content, ".csv", room=2.0)
    except uploads.UploadTooLargeError as error:
        raise BadFileError(message_of(error)) from error
    try:
        _check_start(uploads.path_of(name), feature_names(get_workload(workload)))
    except (BadFileError, OSError):
        uploads.discard(name)
        raise
    return name


def _check_start(path: Path, features: tuple[str, ...]) -> None:
    if next(read_pieces(path, features, _CHECKED_ROWS), None) is None:
        raise BadFileError(say("csv.no_rows"))


def discard_upload(upload: str) -> None:
    """Delete an upload that will not be predicted."""
    uploads.discard(upload)


def predict_file(workload: str, upload: str, job_id: str, report: Report) -> PredictedFile:
    """Predict each row of an upload into ``<job_id>.csv``: the input's columns plus :func:`output_columns`.

    Raises :class:`BadFileError` at the first invalid row, without leaving an output file. The upload is deleted in
    either case.
    """
    source = uploads.path_of(upload)
    if not source.is_file():
        raise BadFileError(say("upload.gone"))
    output = f"{Path(job_id).name}.csv"
    temporary = job_outputs.unfinished(output)
    try:
        champion = registry.champion(workload)
        if champion is None:
            raise BadFileError(say("predict.no_model"))
        predictor = load_served(champion).predictor
        rows = _answer_into(temporary, source, feature_names(get_workload(workload)), predictor, report)
        job_outputs.keep(output)
    finally:
        temporary.unlink(missing_ok=True)
        uploads.discard(upload)
    return PredictedFile(rows, champion.version, output)


def _answer_into(
    target: Path, source: Path, features: tuple[str, ...], predictor: Classifier | Regressor, report: Report
) -> int:
    """Write the predictions and return their number."""
    more = output_columns(predictor)
    rows, read, size = 0, 0, source.stat().st_size
    tell_at = 0.0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for piece in read_pieces(source, features, _PIECE_ROWS):
            kept = [column for column, name in enumerate(piece.header) if name.strip() not in more]
            if not rows:
                writer.writerow([*(piece.header[column] for column in kept), *more])
            writer.writerows(_answered(piece, kept, predictor))
            rows += len(piece.rows)
            # Counting characters is near enough for a progress bar.
            read += sum(len(text) + 1 for row in piece.rows for text in row)
            if time.monotonic() >= tell_at:  # reporting costs more than predicting
                report(min(0.99, read / size), say("predict.progress", rows=rows))
                tell_at = time.monotonic() + _TELL_EVERY_S
    if not rows:
        raise BadFileError(say("csv.no_rows"))
    return rows


def _answered(piece: Piece, kept: list[int], predictor: Classifier | Regressor) -> Iterator[list[str | float]]:
    for row, answer in zip(piece.rows, _answers(predictor, piece.features), strict=True):
        yield [*(row[column] for column in kept), *answer]


def _answers(predictor: Classifier | Regressor, features: NDArray[np.float64]) -> Iterator[list[str | float]]:
    """The values of :func:`output_columns`, per row."""
    if isinstance(predictor, Regressor):
        yield from ([value] for value in predictor.values(features).tolist())
        return
    probabilities = predictor.probabilities(features)
    shown = probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities
    for index, chances in zip(predicted(probabilities).tolist(), shown.tolist(), strict=True):
        yield [predictor.classes[index], *chances]


def output_path(actor: Actor, job_id: str) -> Path:
    """The output file of the actor's own job.

    Raises ``ForbiddenError`` for another user's job, ``LookupError`` when the file does not exist (any more).
    """
    return job_outputs.path_of(actor, job_id, jobs.PREDICT_FILE)


def first_rows(path: Path, limit: int = 20) -> list[dict[str, str]]:
    """The first rows of an output file, for a preview."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(islice(csv.DictReader(file), limit))


def template(workload: str) -> str:
    """A small example file with typical values."""
    features = get_workload(workload).features
    rows = [[f"{_usual(feature, row, place):.6g}" for place, feature in enumerate(features)] for row in range(6)]
    return "\n".join(",".join(row) for row in [list(names_of(features)), *rows]) + "\n"


def _usual(feature: Feature, row: int, place: int) -> float:
    """Six values spread over the range; each column starts with a different one, so that rows differ."""
    step = feature.step or (feature.high - feature.low) / 100
    value = feature.low + (feature.high - feature.low) * (1 + (row + 2 * place) % 6) / 7
    return feature.low + round((value - feature.low) / step) * step
