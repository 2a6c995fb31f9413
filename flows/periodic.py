"""A function called repeatedly in a thread while a block runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loguru import logger

from core.catalog.engine import CatalogUnavailableError


@contextmanager
def periodic_thread(name: str, every_s: Callable[[], float], do: Callable[[], object]) -> Iterator[None]:
    """Call ``do`` after each ``every_s()`` seconds until the block ends, or until ``do`` returns False.

    A thread, because the block may be one long call into a library. An unavailable catalog is only
    logged.
    """
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(every_s()):
            try:
                if do() is False:
                    return
            except CatalogUnavailableError as error:
                logger.warning("{}: nothing written: {}", name, error)

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
