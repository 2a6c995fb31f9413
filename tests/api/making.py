"""Makes two model versions with the product's own loop: python -m tests.api.making (data folder: SHIFUMI_DATA_DIR).

Version 1 learnt a boundary at 45 degrees, version 2 one at 135: they disagree on the point (1, -1).
Version 2 is the champion, version 1 the previous one.
"""

import os

from core.catalog.migrate import upgrade
from core.config.settings import get_settings
from core.loop import loop
from tests.learning import make_dataset

DISAGREED = (1.5, -1.0)
"""Class 1 for version 1 and class 0 for version 2."""


def main() -> None:
    os.environ["SHIFUMI_PROMOTE_CONFIRMATIONS"] = "0"  # its own holdout decides: the point is to have two versions
    get_settings().make_folders()
    upgrade()
    for angle in (45, 135):
        make_dataset(angle=angle, noise=0.1)
        decision = loop.run_once("linear", forced=True)
        if decision.kind != loop.PROMOTED:
            raise SystemExit(f"the model was not promoted: {decision.reason}")


if __name__ == "__main__":
    main()
