"""Is this container well? For Docker's health checks; ends with 0 or 1 and says why.

    python3 healthcheck.py http://127.0.0.1:8000/health   a server: it has to answer with success
    python3 healthcheck.py runner                         the flow runner: its note names a process that lives here

Only the standard library is used: it runs every few seconds in every container.
"""

import http.client
import json
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 4.0


def server_problem(url: str) -> str:
    """Why ``url`` does not answer with success; empty when it does."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{url} does not respond ({type(error).__name__})"
    finally:
        connection.close()
    return "" if status < 400 else f"{url} returns HTTP {status}"


def runner_problem(note: Path) -> str:
    """Why no flow runner of this container is ready; empty when one is."""
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        host, pid = told["host"], int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "the flow runner has not reported yet that it is ready"
    if host != socket.gethostname():
        return f"the flow runner that is ready runs on {host}"
    try:
        os.kill(pid, 0)
    except OSError:
        return "the flow runner's process has ended"
    return ""


def main(what: str) -> int:
    """Check one thing; returns the exit code."""
    data = Path(os.environ.get("SHIFUMI_DATA_DIR", "/data"))
    problem = runner_problem(data / "run" / "runner.json") if what == "runner" else server_problem(what)
    print(problem or "well")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
