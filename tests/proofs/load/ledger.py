"""What the product acknowledged, so that it can be asked for it afterwards."""

from __future__ import annotations

import threading
from collections import Counter

from sqlalchemy import select

from core.catalog.engine import reading
from core.catalog.tables import ApiToken, Dataset, Job, User
from core.storage import lake


class Ledger:
    """Filled by several threads. An entry means: the product said yes."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.jobs: list[str] = []
        self.tokens: list[int] = []
        self.users: list[str] = []
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def note_wrong(self, what: str) -> None:
        """Something that no death excuses."""
        with self._lock:
            self.wrong.append(what)

    def lost(self) -> list[str]:
        """What was acknowledged and is not there, in words; the files of datasets are read and compared."""
        with reading() as session:
            jobs = {job.id: job for job in session.scalars(select(Job))}
            tokens = set(session.scalars(select(ApiToken.id)))
            users = set(session.scalars(select(User.username)))
            datasets = {dataset.id: dataset for dataset in session.scalars(select(Dataset))}
        missing = [f"job {one}" for one in self.jobs if one not in jobs]
        missing += [f"token {one}" for one in self.tokens if one not in tokens]
        missing += [f"user {one}" for one in self.users if one not in users]
        made = [job.result["dataset_id"] for job in jobs.values() if job.result and "dataset_id" in job.result]
        missing += [f"dataset {one}" for one in made if one not in datasets]
        return missing + [f"file of dataset {one.id}" for one in datasets.values() if not _whole(one)]


def _whole(dataset: Dataset) -> bool:
    try:
        return lake.sha256_of(lake.file_of(dataset.path)) == dataset.sha256
    except lake.LakeError:
        return False
