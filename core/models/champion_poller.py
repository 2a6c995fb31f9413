"""One thread that polls the champions of several workloads."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from core.config.settings import get_settings
from core.models.serving import ChampionWatcher


class ChampionPoller:
    """Refreshes each watcher every ``SHIFUMI_WATCH_INTERVAL_S`` seconds; a refresh costs a few milliseconds."""

    def __init__(self, watchers: Sequence[ChampionWatcher], interval_s: float | None = None) -> None:
        self._watchers = tuple(watchers)
        self._interval_s = interval_s or get_settings().watch_interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-champions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop the thread and wait for it, at most ``timeout_s``."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            for watcher in self._watchers:
                if self._stop.is_set():
                    return
                watcher.refresh_safely()
            self._stop.wait(self._interval_s)
