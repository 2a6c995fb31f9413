"""Set up a running Uptime Kuma: python deploy/uptime-kuma/provision.py. See docs/operations.md."""

import sys
from pathlib import Path

# Called by its path, Python looks beside this file only; the program is two folders up.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.monitoring.kuma.provision import main

if __name__ == "__main__":
    sys.exit(main())
