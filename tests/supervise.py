"""A supervisor in a process of its own, over stand-in programs: signals need a real main thread.

python -m tests.supervise FOLDER 'NAME=ARGUMENTS OF tests.stand_in' … [--patient]

``--patient`` never goes beyond the first polite signal.
"""

import os
import shlex
import sys
from pathlib import Path

from core.cli import shutdown
from core.cli.processes import ProcessSpec
from core.cli.supervisor import Supervisor
from core.config.probe import probe
from core.config.settings import ROOT


def spec(name: str, *arguments: str, port: int | None = None, after: str = "", **options: bool) -> ProcessSpec:
    """One stand-in; with a port it is healthy when it answers there, else as soon as it runs."""
    listen = ("--port", str(port)) if port else ()
    return ProcessSpec(
        name,
        name.title(),
        (sys.executable, "-m", "tests.stand_in", *arguments, *listen),
        (lambda: not probe(f"http://127.0.0.1:{port}/")) if port else (lambda: True),
        port=port,
        after=after,
        **options,
    )


def main(folder: str, *texts: str) -> int:
    specs = []
    if "--patient" in texts:
        shutdown._INTERRUPT_FIRST = shutdown._INTERRUPT_FIRST[:1]
    for text in texts:
        if text == "--patient":
            continue
        name, _, arguments = text.partition("=")
        specs.append(spec(name, *shlex.split(arguments, posix=os.name == "posix"), interrupt_first=name == "runner"))
    place = Path(folder)
    return 0 if Supervisor(specs, run_dir=place, logs_dir=place, folder=ROOT).run() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
