"""Imports of the runner's fork server (see :mod:`flows.warm`). No threads may be started here."""

from flows.preloaded import import_all

import_all(
    "prefect.main",
    "prefect.flow_engine",
    "core.workloads.linear.plots",
    "core.workloads.linear.scores",
    "flows.check",
    "flows.generate",
    "flows.import_images",
    "flows.predict_file",
    "flows.propose_boxes",
    "flows.predict_video",
)
