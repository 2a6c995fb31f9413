"""A new catalog is created only where there is nothing yet.

Over a full lake or image store an empty catalog is a lost one: a fresh one would know none of the files, and the next
`doctor --fix` would take all of them for orphans.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.backup import tables
from core.catalog.engine import engine_for
from core.catalog.revision import sqlite_file
from core.cli.checks.network import http_get
from core.cli.errors import CommandError
from core.config.logs import redact
from core.config.settings import Settings
from core.storage import buckets
from core.storage.object_store import ObjectStoreError
from core.workloads import WORKLOADS

_KINDS = {buckets.LAKE: "datasets", buckets.IMAGES: "images"}


def refuse_lost_catalog(settings: Settings) -> None:
    """Raise :class:`CommandError` when the catalog is empty or damaged, but the stores hold something."""
    if not is_blank(settings):
        return
    if found := ", ".join(held(settings)):
        raise CommandError(
            f"The catalog {where(settings)} is empty, but there are {found}. A new catalog would know none of them.\n"
            "  To bring the catalog back: `python3 manage.py doctor` names its newest copy; "
            "`python3 manage.py restore FILE` restores that, or a backup.\n"
            "  To start anew on purpose: `python3 manage.py run --new-catalog`. The files stay where they are."
        )


def where(settings: Settings) -> str:
    """The catalog's file, or its URL without the password."""
    path = sqlite_file(settings.catalog_url)
    return str(path) if path else redact(settings.catalog_url)


def is_blank(settings: Settings) -> bool:
    """True when the catalog has no rows, no tables or no file. Raises :class:`CommandError` when it is damaged."""
    path = sqlite_file(settings.catalog_url)
    if path is not None and not (path.exists() and path.stat().st_size):
        return True
    try:
        with engine_for(settings.catalog_url).connect() as connection:
            return tables.is_empty(connection)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise CommandError(
            f"The catalog {where(settings)} cannot be read ({said}). `python3 manage.py doctor` says what to do."
        ) from error


def held(settings: Settings) -> Iterator[str]:
    """What the stores hold, such as "3 datasets". Raises :class:`CommandError` when the object store does not say."""
    for bucket, kind in _KINDS.items():
        try:
            files = sum(buckets.digest_in(entry.name) is not None for entry in buckets.listing(bucket))
        except ObjectStoreError as error:
            raise CommandError(
                f"The catalog {where(settings)} is empty, and whether there are {kind} is not known: {error}\n"
                "  Try again when the object store responds, or start anew with `python3 manage.py run --new-catalog`."
            ) from error
        if files:
            yield f"{files:,} {kind}"
    if _has_runs(settings):
        yield "runs in MLflow"


def _has_runs(settings: Settings) -> bool:
    """Whether MLflow has runs of ours; False when it does not say: nothing there is ever deleted."""
    uri = settings.tracking_uri
    if uri.startswith(("http://", "https://")):
        return any(_has_experiment(uri.rstrip("/"), f"shifumi-{name}") for name in WORKLOADS)
    path = sqlite_file(uri)
    if path is not None and not path.exists():
        return False
    try:
        with engine_for(uri).connect() as connection:
            return connection.execute(text("SELECT 1 FROM runs LIMIT 1")).first() is not None
    except SQLAlchemyError:
        return False


def _has_experiment(server: str, name: str) -> bool:
    answer = http_get(f"{server}/api/2.0/mlflow/experiments/get-by-name?experiment_name={quote(name)}")
    return not isinstance(answer, str) and answer.status == 200
