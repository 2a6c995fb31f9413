"""Imports of the runner's fork server (see :mod:`flows.fork_server`). No threads may be started here."""

from flows.preload_common import import_all

import_all(
    "prefect.main",
    "prefect.flow_engine",
    "core.workloads.rows.classification",
    "core.workloads.rows.contract",
    "core.workloads.rows.drift",
    "core.workloads.rows.mlflow_log",
    "core.workloads.rows.plots",
    "core.workloads.rows.regression",
    "flows.check",
    "flows.generate",
    "flows.import_images",
    "flows.predict_file",
    "flows.propose_boxes",
    "flows.predict_video",
)
