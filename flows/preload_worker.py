"""Imports of a worker's fork server (see :mod:`flows.warm`). No threads may be started here."""

from flows.preloaded import import_all

import_all("flows.task_registry", "flows.work_process")
