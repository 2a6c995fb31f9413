"""People and programs that use the product at the same time, each in a thread, until they are told to stop."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from uuid import uuid4

import httpx

from core.auth.roles import SYSTEM, Actor, Role
from core.auth.tokens import create_token
from core.auth.users import add_user
from core.catalog.engine import CatalogUnavailableError
from core.jobs import jobs, prefect_api
from tests.proofs.load.ledger import Ledger

EDITOR = Actor("ed", Role.EDITOR)
_REFUSED = (prefect_api.PrefectUnavailableError, prefect_api.PrefectRefusedError, CatalogUnavailableError)


class Traffic:
    """Start it with ``with``; leaving the block ends every thread."""

    def __init__(self, ledger: Ledger, api: str, secret: str, seed: int) -> None:
        self._ledger = ledger
        self._client = httpx.Client(base_url=api, headers={"Authorization": f"Bearer {secret}"}, timeout=20)
        self._random = random.Random(seed)
        self._stop = threading.Event()
        work = [(self._predict, 0.02)] * 4 + [(self._generate, 15.0), (self._retrain, 25.0), (self._administer, 5.0)]
        self._threads = [threading.Thread(target=self._repeat, args=one, daemon=True) for one in work]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _repeat(self, action: Callable[[], None], pause_s: float) -> None:
        while not self._stop.wait(pause_s):
            try:
                action()
            except Exception as error:  # noqa: BLE001 - a thread that ends quietly would prove nothing
                self._ledger.note_wrong(f"{action.__name__}: {error!r}")

    def _predict(self) -> None:
        point = [self._random.uniform(-2, 2), self._random.uniform(-2, 2)]
        try:
            answer = self._client.post("/predict", json={"features": [point]})
        except httpx.TransportError:
            self._ledger.count("predictions not answered: the sidecar was down")
            return
        if answer.status_code == 200:
            self._ledger.count("predictions answered")
        elif answer.status_code == 503:
            self._ledger.count(f"predictions refused with 503: {answer.json()['title']}")
        else:
            self._ledger.note_wrong(f"/predict answered {answer.status_code}: {answer.text[:200]}")

    def _generate(self) -> None:
        angle = self._random.choice((45.0, 135.0))
        choices = {"rows": 5_000, "seed": self._random.randrange(10**6), "angle": angle}
        self._submit(jobs.GENERATE, {"choices": choices})

    def _retrain(self) -> None:
        self._submit(jobs.CHECK, {"forced": True})

    def _submit(self, kind: str, parameters: dict[str, object]) -> None:
        try:
            job = jobs.submit(EDITOR, kind, "linear", parameters)
        except jobs.JobBusyError:
            self._ledger.count(f"{kind}: refused, one was running")
        except _REFUSED:
            self._ledger.count(f"{kind}: refused with a reason, Prefect or the catalog was down")
        else:
            self._ledger.jobs.append(job.id)
            self._ledger.count(f"{kind}: accepted")

    def _administer(self) -> None:
        name = f"u{uuid4().hex[:8]}"
        try:
            self._ledger.users.append(add_user(SYSTEM, name, name, Role.VIEWER, "quiet-otter-lantern").username)
            self._ledger.tokens.append(create_token(SYSTEM, name, ["predict"], 1)[1].id)
        except CatalogUnavailableError:
            self._ledger.count("people and tokens: refused, the catalog was locked")
        else:
            self._ledger.count("people and tokens made")
