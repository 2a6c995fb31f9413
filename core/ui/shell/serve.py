"""The workbench's process: ``python -m core.ui.shell.serve`` is ``streamlit run app.py``, and takes its options.

Streamlit runs ``app.py`` when a page is opened. Prometheus would report a workbench without visitors as down, so its
metrics are served before.
"""

from __future__ import annotations

import sys

from core.config.logs import setup_logging
from core.config.settings import ROOT


def main() -> None:
    """Serve until the process is stopped."""
    from streamlit.web.cli import main as streamlit

    from core.ui.shell.start import serve_metrics

    setup_logging("workbench")
    serve_metrics()
    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), *sys.argv[1:]]
    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
