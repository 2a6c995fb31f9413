"""Caddy and coturn as ``deploy/`` configures them, on free ports of this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from aioice.ice import get_host_addresses

from core.config.settings import ROOT
from tests.ports import free_port
from tests.waiting import wait_until

DEPLOY = ROOT / "deploy"
NAME = "shifumi.test"
"""A name as people have it: not loopback, for browsers and for the workbench."""


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    assert found, f"{name} is not installed"
    return found


@contextmanager
def _running(command: list[str], output: Path, env: Mapping[str, str] | None = None) -> Iterator[None]:
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def caddy(scratch: Path, workbench: str, api: str) -> Iterator[int]:
    """Https before ``workbench`` and ``api`` (``host:port``), certified by Caddy itself for :data:`NAME`; its port."""
    port = free_port()
    env = os.environ | {
        "SHIFUMI_SITE": f"{NAME}:{port}",
        "SHIFUMI_WORKBENCH_UPSTREAM": workbench,
        "SHIFUMI_API_UPSTREAM": api,
        "SHIFUMI_CADDY_HTTP_PORT": str(free_port()),
        "SHIFUMI_CADDY_HEALTH_PORT": (health := str(free_port())),
        "XDG_DATA_HOME": str(scratch / "caddy"),
        "XDG_CONFIG_HOME": str(scratch / "caddy"),
    }
    config = ["--config", str(DEPLOY / "caddy" / "Caddyfile"), "--adapter", "caddyfile"]
    with _running([program("caddy"), "run", *config], scratch / "caddy.log", env):
        wait_until(lambda: _answers(f"http://127.0.0.1:{health}"), what=f"Caddy; see {scratch / 'caddy.log'}")
        yield port


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).text == "well"
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Relay:
    """A coturn. ``ice_servers`` is the setting that names it, ``log`` what it says."""

    ice_servers: str
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def coturn(scratch: Path, *, allowed: bool = True) -> Iterator[Relay]:
    """The relay on this machine's own address, which is its one allowed peer unless ``allowed`` is false."""
    address = get_host_addresses(use_ipv4=True, use_ipv6=False)[0]
    port, password = free_port(), secrets.token_hex(16)
    command = [program("turnserver"), "-c", str(DEPLOY / "coturn" / "turnserver.conf"), f"--listening-port={port}"]
    command += [f"--listening-ip={address}", f"--relay-ip={address}", f"--user=shifumi:{password}", "--verbose"]
    # Its own places: another coturn may run on this machine.
    command += [f"--pidfile={scratch / 'turn.pid'}", f"--userdb={scratch / 'turndb'}", f"--cli-port={free_port()}"]
    command += [f"--allowed-peer-ip={address}"] if allowed else []
    log = scratch / "coturn.log"
    with _running(command, log):
        wait_until(lambda: _listens(address, port), what=f"coturn; see {log}")
        yield Relay(f"turn:shifumi:{password}@{address}:{port}", log)


def _listens(address: str, port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((address, port)) == 0
