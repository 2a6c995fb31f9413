"""A container engine for proofs: Docker where it runs, else podman with the real Docker Compose before it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.config.settings import ROOT
from tests.waiting import wait_until

BASE = "python:3.11-slim-bookworm"
_CONF = """[containers]
default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """``program`` is docker or podman, ``compose`` the command that reads ``compose.yaml``; ``env`` reaches both."""

    program: str
    compose: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    build_options: tuple[str, ...] = ()

    @property
    def is_podman(self) -> bool:
        return self.program == "podman"

    def call(self, *arguments: str, check: bool = True, timeout: float = 3600) -> str:
        """Run the engine's program; returns what it printed."""
        return _run((self.program, *arguments), self.env, check, timeout)

    def has(self, image: str) -> bool:
        done = subprocess.run(
            (self.program, "image", "inspect", image), env=dict(self.env), capture_output=True, check=False
        )
        return done.returncode == 0

    def build(self, folder: Path, image: str, *options: str) -> None:
        """Build ``folder`` as ``image``."""
        self.call("build", *self.build_options, "--tag", image, *options, str(folder))


def _run(command: tuple[str, ...], env: Mapping[str, str], check: bool, timeout: float) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, (
        f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-6000:]}"
    )
    return done.stdout


def _mirrors(scratch: Path) -> tuple[str, ...]:
    """This machine's pip settings and the folders they name, made visible to builds."""
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    pairs = [line.partition("=") for line in asked.stdout.splitlines()]
    values = {name.rpartition(".")[2]: value.strip("'").replace("\\n", " ").split() for name, _, value in pairs}
    conf = scratch / "pip.conf"
    lines = [
        f"{name} = {' '.join(values[name])}"
        for name in ("find-links", "index-url", "extra-index-url")
        if name in values
    ]
    conf.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
    places = {Path(one.removeprefix("file://").removesuffix("/simple")) for found in values.values() for one in found}
    folders = [str(place) for place in sorted(places) if place.is_absolute() and place.is_dir()]
    volumes = [f"{conf}:/etc/pip.conf:ro", *(f"{folder}:{folder}:ro" for folder in folders)]
    return tuple(part for volume in volumes for part in ("--volume", volume))


@contextmanager
def engine(scratch: Path) -> Iterator[Engine]:
    """Docker when it answers, else podman, served to Compose for as long as the block lasts."""
    if shutil.which("docker") and _answers("docker"):
        yield Engine("docker", ("docker", "compose"), dict(os.environ))
        return
    conf = scratch / "containers.conf"
    conf.write_text(_CONF, encoding="utf-8")
    socket = scratch / "podman.sock"
    env = os.environ | {"CONTAINERS_CONF": str(conf), "DOCKER_HOST": f"unix://{socket}"}
    compose = (str(Path(sys.executable).with_name("docker-compose")),)
    command = ("podman", "system", "service", "--time", "0", f"unix://{socket}")
    with (
        (scratch / "podman.log").open("wb") as log,
        subprocess.Popen(command, env=env, stdout=log, stderr=log) as server,
    ):
        try:
            wait_until(socket.exists, what="podman's socket")
            # In this machine's network, for its package mirrors.
            options = ("--format", "docker", "--network", "host", *_mirrors(scratch))
            yield Engine("podman", compose, env, options)
        finally:
            server.terminate()


def _answers(program: str) -> bool:
    return subprocess.run((program, "info"), capture_output=True, check=False).returncode == 0


@contextmanager
def health_checks(running: Engine, project: str) -> Iterator[None]:
    """Call the health checks of ``project``'s containers all the time: without systemd podman never does."""
    if not running.is_podman:
        yield
        return
    stop = threading.Event()

    def tick() -> None:
        label = f"label=com.docker.compose.project={project}"
        while not stop.wait(2.0):
            for name in running.call("ps", "--quiet", "--filter", label, check=False).split():
                running.call("healthcheck", "run", name, check=False)

    ticker = threading.Thread(target=tick, name="health-checks", daemon=True)
    ticker.start()
    try:
        yield
    finally:
        stop.set()
        ticker.join()


def images(running: Engine, env_file: Path, *profiles: str) -> dict[str, str]:
    """Service → image, as Compose resolves the file for ``profiles``."""
    chosen = [part for name in profiles for part in ("--profile", name)]
    command = (*running.compose, "--env-file", str(env_file), *chosen, "config", "--format", "json")
    services = json.loads(_run(command, running.env, True, 60))["services"]
    return {name: service["image"] for name, service in services.items()}
