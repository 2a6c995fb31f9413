"""The workbench's process: ``python -m core.ui.shell.serve`` is ``streamlit run app.py``, and takes its options.

Streamlit runs ``app.py`` when somebody opens a page. Prometheus would take a workbench that nobody has visited yet for
a dead one, so its figures are served before.
"""

from __future__ import annotations

import sys

from core.config.logs import setup_logging
from core.config.settings import ROOT


def main() -> None:
    """Serve until the process is stopped."""
    from streamlit.web.cli import main as streamlit

    from core.ui.shell.start import serve_figures

    setup_logging("workbench")
    serve_figures()
    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), *sys.argv[1:]]
    streamlit(prog_name="streamlit")


if __name__ == "__main__":
    main()
