"""Several hosts on one machine: network namespaces on a bridge, made for a proof and taken away after it.

Linux and root only. The addresses exist on this bridge alone; nothing leaves the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.config.settings import ROOT

CENTRE = "10.77.0.1"
"""The address of the machine itself on the bridge: where databases and servers listen."""

_BRIDGE = "shf-bridge"


def possible() -> bool:
    """Whether namespaces can be made here."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("ip") is not None


class Host:
    """A namespace with one network card; ``cut`` pulls the cable and ``join`` puts it back."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.address = f"shf-{name}", f"10.77.0.{10 + number}"
        self._outside = f"shf-{name}-out"

    def make(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._outside, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("link", "set", self._outside, "master", _BRIDGE, "up")
        _ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", self.name, "link", "set", "lo", "up")
        self.join()

    def join(self) -> None:
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def cut(self) -> None:
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def remove(self) -> None:
        subprocess.run(("ip", "netns", "del", self.name), check=False, capture_output=True)
        subprocess.run(("ip", "link", "del", self._outside), check=False, capture_output=True)

    def start(self, command: Sequence[str], env: Mapping[str, str], output: Path) -> subprocess.Popen[bytes]:
        """Start a program on this host, in the project's folder."""
        with output.open("ab") as log:
            return subprocess.Popen(
                ("ip", "netns", "exec", self.name, *command),
                cwd=ROOT,
                env=os.environ | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


@contextmanager
def network(*names: str) -> Iterator[dict[str, Host]]:
    """A bridge and one host per name."""
    hosts = {name: Host(name, number) for number, name in enumerate(names, start=1)}
    _take_down(hosts)  # what a proof that was killed left behind
    try:
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{CENTRE}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for host in hosts.values():
            host.make()
        yield hosts
    finally:
        _take_down(hosts)


def _take_down(hosts: Mapping[str, Host]) -> None:
    for host in hosts.values():
        host.remove()
    subprocess.run(("ip", "link", "del", _BRIDGE), check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True)
