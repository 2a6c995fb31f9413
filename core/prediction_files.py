"""CSV files answered by the champion: checked on arrival, streamed in chunks, never half-written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import lake, registry
from core.serving import load_served
from core.settings import get_settings
from core.workloads.base import Report
from core.workloads.linear_data import FEATURES

_CHUNK_ROWS = 100_000
_KEEP_S = 7 * 24 * 3600


class BadFileError(ValueError):
    """The file cannot be answered; the message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Answered:
    """``output`` is the name of the answer in the outputs folder."""

    rows: int
    version: int
    output: str


def keep_upload(content: bytes) -> str:
    """Store an upload under a name of ours and return it.

    Raises :class:`BadFileError` when the first lines already show that it cannot be answered.
    """
    settings = get_settings()
    if len(content) > settings.upload_max_mb * 1_000_000:
        raise BadFileError(f"The file has {len(content) / 1e6:,.0f} MB; {settings.upload_max_mb} MB are allowed.")
    if not content.strip():
        raise BadFileError(f"The file is empty. It needs a header with the columns {' and '.join(FEATURES)}.")
    lake.require_space(settings.uploads_dir, 3 * len(content))
    sweep()
    name = f"{uuid4().hex}.csv"
    path = settings.uploads_dir / name
    path.write_bytes(content)
    try:
        next(_chunks(path, rows=1_000))
    except BadFileError:
        path.unlink()
        raise
    except StopIteration:
        path.unlink()
        raise BadFileError("The file has a header but no rows.") from None
    return name


def sweep() -> None:
    """Remove uploads and answers older than a week."""
    settings = get_settings()
    for folder in (settings.uploads_dir, settings.outputs_dir):
        for file in folder.iterdir():
            if time.time() - file.stat().st_mtime > _KEEP_S:
                file.unlink(missing_ok=True)


def answer(workload: str, upload: str, job_id: str, report: Report) -> Answered:
    """Predict each row of an upload into ``<job_id>.csv``: the input's columns plus class and probability.

    Raises :class:`BadFileError` at the first row that cannot be answered, and then leaves nothing behind.
    """
    champion = registry.champion(workload)
    if champion is None:
        raise BadFileError("There is no model yet. Train one on the Train page, then upload again.")
    served = load_served(champion)
    settings = get_settings()
    source, target = settings.uploads_dir / Path(upload).name, settings.outputs_dir / f"{job_id}.csv"
    if not source.is_file():
        raise BadFileError("The uploaded file is gone. Upload it again.")
    temporary = target.with_suffix(".tmp")
    rows = 0
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out:
            for chunk in _chunks(source, _CHUNK_ROWS):
                _answer_chunk(chunk, served.predictor).to_csv(out, index=False, header=rows == 0)
                rows += len(chunk)
                share = min(0.99, out.tell() / max(1, source.stat().st_size * 2))
                report(share, f"{rows:,} rows answered")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
        source.unlink(missing_ok=True)
    return Answered(rows, champion.version, target.name)


def _answer_chunk(chunk: pd.DataFrame, predictor: object) -> pd.DataFrame:
    features = np.column_stack([chunk[name].to_numpy(dtype=np.float64) for name in FEATURES])
    probabilities: NDArray[np.float64] = predictor.probabilities(features)  # type: ignore[attr-defined]
    return chunk.assign(predicted=(probabilities > 0.5).astype(np.int8), probability=probabilities)


def _chunks(path: Path, rows: int):  # type: ignore[no-untyped-def]
    """Checked pieces of a CSV. Raises :class:`BadFileError`."""
    first = 2  # the line after the header
    try:
        with pd.read_csv(path, chunksize=rows, encoding="utf-8-sig", skipinitialspace=True) as reader:
            for chunk in reader:
                yield _checked(chunk, first)
                first += len(chunk)
    except UnicodeDecodeError as error:
        raise BadFileError("The file is not UTF-8 text. Save it as “CSV UTF-8” and upload it again.") from error
    except pd.errors.EmptyDataError as error:
        raise BadFileError(f"The file is empty. It needs the columns {' and '.join(FEATURES)}.") from error
    except pd.errors.ParserError as error:
        raise BadFileError(f"The file is not a regular CSV: {error}") from error


def _checked(chunk: pd.DataFrame, first_line: int) -> pd.DataFrame:
    missing = [name for name in FEATURES if name not in chunk.columns]
    if missing:
        found = ", ".join(str(name) for name in list(chunk.columns)[:8])
        raise BadFileError(f"Column {' and '.join(missing)} is missing. Found: {found}. Needed: {', '.join(FEATURES)}.")
    for name in FEATURES:
        numbers = pd.to_numeric(chunk[name], errors="coerce")
        bad = ~np.isfinite(numbers.to_numpy(dtype=np.float64))
        if bad.any():
            where = int(np.argmax(bad))
            text = chunk[name].iloc[where]
            raise BadFileError(f"Line {first_line + where}, column {name}: “{text}” is not a finite number.")
        chunk[name] = numbers
    return chunk
