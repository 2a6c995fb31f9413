"""A small real program for the supervisor to look after.

python -m tests.stand_in [--port N] [--stubborn] [--child FILE] [--exit CODE] [--say TEXT]
"""

import argparse
import http.server
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


class _Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, help="answer HTTP there")
    parser.add_argument("--stubborn", action="store_true", help="ignore Ctrl-C and SIGTERM")
    parser.add_argument("--child", type=Path, help="start a stubborn child in a session of its own; note its pid here")
    parser.add_argument("--exit", type=int, help="end at once with this code")
    parser.add_argument("--say", default="", help="print this first")
    options = parser.parse_args()
    print(options.say or "here I am", flush=True)
    if options.stubborn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if options.child:
        command = [sys.executable, "-m", "tests.stand_in", "--stubborn", "--say", "grandchild"]
        child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()  # from now on it ignores signals
        fresh = options.child.with_suffix(f".{os.getpid()}")
        fresh.write_text(str(child.pid), encoding="ascii")
        fresh.replace(options.child)
    if options.exit is not None:
        sys.exit(options.exit)
    if options.port:
        http.server.ThreadingHTTPServer(("127.0.0.1", options.port), _Well).serve_forever()
    threading.Event().wait()


if __name__ == "__main__":
    main()
