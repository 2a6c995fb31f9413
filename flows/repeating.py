"""Something done over and over in a thread, for as long as a block lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from loguru import logger

from core.catalog.engine import CatalogUnavailableError


@contextmanager
def repeating(name: str, every_s: Callable[[], float], do: Callable[[], object]) -> Iterator[None]:
    """Call ``do`` after each ``every_s()`` seconds until the block ends; when ``do`` gives False it was the last time.

    A thread, because the work inside the block may be one long call into a library. A catalog that does not answer is
    logged only.
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
