"""What the runner's fork server imports once (see :mod:`flows.warm`). No threads may be started here."""

from flows.preloaded import import_all

import_all(
    "prefect.main",
    "prefect.flow_engine",
    "core.workloads.linear_plots",
    "core.workloads.linear_scores",
    "flows.check",
    "flows.generate",
    "flows.import_images",
    "flows.predict_file",
    "flows.propose_boxes",
    "flows.predict_video",
)
