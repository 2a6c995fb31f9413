"""Start flow runs from a process that has already imported what they need.

Prefect starts each run in a fresh interpreter ("spawn"), which spends most of a short run's time
importing Prefect, MLflow and scikit-learn. On Linux a fork server that has imported them once gives
each run its own clean process in milliseconds, for about 300 MB that it holds. Elsewhere, or with
``SHIFUMI_RUNNER_WARM=false``, runs start as Prefect means them to.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import SimpleNamespace

from loguru import logger

from core.config.settings import get_settings

_PRELOAD = ["flows.preload"]


def start_context() -> BaseContext:
    """How processes of this runner are started: warm where that is possible and wanted."""
    warm = sys.platform == "linux" and get_settings().runner_warm
    return multiprocessing.get_context("forkserver" if warm else "spawn")


def warmed(preload: list[str]) -> BaseContext:
    """:func:`start_context`, with a fork server that has imported ``preload`` already."""
    context = start_context()
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(preload)
        # Now rather than at the first start, which would wait for the imports.
        forkserver.ensure_running()
    return context


def install() -> bool:
    """Let this runner's flow runs come from the fork server; True when it is in use.

    ``prefect.flow_engine`` asks ``multiprocessing`` for the "spawn" context and hands it a pickled
    call; any context serves. Prefect is pinned, and a test holds this seam.
    """
    context = warmed(_PRELOAD)
    if context.get_start_method() != "forkserver":
        return False
    import prefect.flow_engine

    seam = SimpleNamespace(get_context=lambda _method=None: context, context=multiprocessing.context)
    vars(prefect.flow_engine)["multiprocessing"] = seam
    logger.info("Flow runs start from a warm fork server")
    return True
