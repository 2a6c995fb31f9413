"""A promotion reaches the sidecar within two seconds and costs nobody a request."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pytest

from core.auth.roles import SYSTEM
from core.config.settings import Settings, get_settings
from core.models import promotion
from tests.api.making import DISAGREED
from tests.api.running import Running, sidecar
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

CONNECTIONS, PROMOTIONS = 8, 10
CLASS_OF_VERSION = {1: 1, 2: 0}


class Questioners:
    """Eight connections that ask the same point again and again."""

    def __init__(self, port: int, secret: str) -> None:
        self.versions: set[int] = set()
        self.answered = 0
        self.failures: list[str] = []
        self._address = ("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._stop = threading.Event()

    @contextmanager
    def asking(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(timeout=20)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(*self._address, timeout=20)
        try:
            # The pause leaves the machine some time for the promotions.
            while not self._stop.wait(0.003):
                connection.request("POST", "/predict", json.dumps({"features": [DISAGREED]}), self._headers)
                answer = connection.getresponse()
                self._note(answer.status, json.loads(answer.read()))
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))

    def _note(self, status: int, body: dict[str, object]) -> None:
        if status != 200 or body["classes"] != [CLASS_OF_VERSION[int(str(body["version"]))]]:
            self.failures.append(f"{status} {body}")
            return
        self.answered += 1
        self.versions.add(int(str(body["version"])))


@pytest.fixture
def running(champion: Settings) -> Iterator[Running]:
    with sidecar(champion) as started:
        wait_until(started.is_ready, timeout=60)
        yield started


def test_ten_promotions_under_load(running: Running, secret: str) -> None:
    questioners = Questioners(running.port, secret)
    waits = []
    with questioners.asking():
        for number in range(PROMOTIONS):
            version = 1 if number % 2 == 0 else 2
            promotion.promote(SYSTEM, "linear", version)
            promoted = time.monotonic()
            questioners.versions.clear()
            wait_until(lambda: version in questioners.versions, timeout=30, every=0.01)  # noqa: B023
            waits.append(time.monotonic() - promoted)
    assert questioners.failures == []
    assert questioners.answered > 100 * PROMOTIONS / 2
    assert get_settings().watch_interval_s <= 0.5
    assert median(waits) < 4 * get_settings().watch_interval_s, "within two seconds"
    print(f"\nnew version after {median(waits):.2f} s median, {max(waits):.2f} s at most")
