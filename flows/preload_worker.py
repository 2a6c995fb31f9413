"""Imports of a worker's fork server (see :mod:`flows.fork_server`). No threads may be started here."""

from flows.preload_common import import_all

import_all("flows.task_registry", "flows.work_process")
