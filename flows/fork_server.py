"""Start flow runs from a process that has already imported what they need.

Prefect starts each run in a new interpreter ("spawn"), which spends most of a short run's time importing Prefect,
MLflow and scikit-learn. On Linux a fork server that has imported them once forks a clean process for each run in
milliseconds, for about 300 MB of memory. Elsewhere, or with ``SHIFUMI_RUNNER_WARM=false``, Prefect's default is used.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import SimpleNamespace

from loguru import logger

from core.config.settings import get_settings

_PRELOAD = ["flows.preload_runner"]


def start_context() -> BaseContext:
    """The multiprocessing context of this runner: a preloaded fork server if possible and enabled."""
    warm = sys.platform == "linux" and get_settings().runner_warm
    return multiprocessing.get_context("forkserver" if warm else "spawn")


def preloaded_context(preload: list[str]) -> BaseContext:
    """:func:`start_context`, with a fork server that has already imported ``preload``."""
    context = start_context()
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(preload)
        # Now rather than at the first start, which would wait for the imports.
        forkserver.ensure_running()
    return context


def install() -> bool:
    """Start this runner's flow runs from the fork server; True when it is in use.

    ``prefect.flow_engine`` gets the "spawn" context from ``multiprocessing`` and passes it a pickled
    call; any context works. Prefect is pinned, and a test covers this.
    """
    context = preloaded_context(_PRELOAD)
    if context.get_start_method() != "forkserver":
        return False
    import prefect.flow_engine

    seam = SimpleNamespace(get_context=lambda _method=None: context, context=multiprocessing.context)
    vars(prefect.flow_engine)["multiprocessing"] = seam
    logger.info("Flow runs start from a preloaded fork server")
    return True
