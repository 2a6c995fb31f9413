"""``compose.yaml`` brought up for a proof: its own project, ports, secrets and volumes; all gone afterwards."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.config.settings import ROOT
from deploy.new_env import filled
from tests.e2e.stack import free_ports
from tests.ports import free_port
from tests.proofs.engine import BASE, Engine, engine, health_checks, images

STAND_INS = ROOT / "tests" / "proofs" / "stand_ins"
NOT_TO_BE_HAD = {"uptime-kuma": {"uptime-kuma", "kuma-provision"}, "grafana": {"grafana"}}
"""No package holds these programs: where their images cannot be pulled they are left out, with what needs them."""


@dataclass(frozen=True, slots=True)
class Containers:
    """A project that runs. ``values`` is its ``.env``; ``left_out`` are the services whose images cannot be had."""

    engine: Engine
    project: str
    values: Mapping[str, str]
    left_out: frozenset[str]

    def compose(self, *arguments: str, timeout: float = 900) -> str:
        command = (*self.engine.compose, "--project-name", self.project, *arguments)
        done = subprocess.run(
            command, cwd=ROOT, env={**self.engine.env, **self.values}, timeout=timeout, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout[-6000:]}"
        return done.stdout

    def up(self, *profiles: str) -> None:
        """Start what ``profiles`` hold and wait until all of it is healthy."""
        chosen = [part for name in profiles for part in ("--profile", name)]
        services = json.loads(self.compose(*chosen, "config", "--format", "json"))["services"]
        wanted = [name for name in services if name not in self.left_out and name != "migrate"]
        print(f"docker compose {' '.join(chosen)} up: {', '.join(sorted(wanted))}", flush=True)
        try:
            self.compose(*chosen, "up", "--detach", "--no-build", "--wait", *wanted)
        except AssertionError:
            print(self.compose(*chosen, "ps", "--all"), self.compose(*chosen, "logs", "--tail", "40"), flush=True)
            raise

    def inside(self, service: str, *command: str) -> str:
        """Run ``command`` in a service's container; returns what it printed."""
        return self.compose("exec", "--no-TTY", service, *command)

    @property
    def workbench(self) -> str:
        return f"http://127.0.0.1:{self.values['SHIFUMI_WORKBENCH_PORT']}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.values['SHIFUMI_API_PORT']}"


def secrets_and_ports() -> dict[str, str]:
    """An ``.env`` as ``deploy/new_env.py`` makes it, with free ports."""
    text = filled((ROOT / ".env.example").read_text(encoding="utf-8"), "")
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return {name: value for name, _, value in lines} | free_ports() | {"SHIFUMI_KUMA_PORT": str(free_port())}


@contextmanager
def containers(scratch: Path, *profiles: str, **chosen: str) -> Iterator[Containers]:
    """The images made, nothing started yet; ``chosen`` are more variables."""
    values = secrets_and_ports() | chosen
    env_file = scratch / "env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    project = f"shifumi-proof-{free_port()}"
    with engine(scratch) as running, health_checks(running, project):
        left_out = make_images(running, images(running, env_file, *profiles))
        made = Containers(running, project, values, left_out)
        try:
            yield made
        finally:
            everything = [part for name in profiles for part in ("--profile", name)]
            made.compose(*everything, "down", "--volumes", "--timeout", "20", "--remove-orphans")


def make_images(running: Engine, wanted: Mapping[str, str]) -> frozenset[str]:
    """Build ours; pull the others, or make them of Debian's packages; returns the services that cannot be had."""
    ours = wanted["app"]
    if not running.has(_full_name(BASE)) and not _pulled(running, BASE):
        make_base(running)
    running.build(ROOT, _full_name(ours), "--build-arg", f"TORCH_INDEX={os.environ.get('SHIFUMI_TORCH_INDEX', '')}")
    left_out: set[str] = set()
    for service, image in wanted.items():
        if image == ours or running.has(_full_name(image)) or _pulled(running, image):
            continue
        if service in NOT_TO_BE_HAD:
            left_out |= NOT_TO_BE_HAD[service]
        else:
            print(f"{image} cannot be pulled: made of Debian's packages", flush=True)
            running.build(STAND_INS / service, _full_name(image))
    return frozenset(left_out)


def _pulled(running: Engine, image: str) -> bool:
    try:
        running.call("pull", "--quiet", _full_name(image), timeout=600)
    except (AssertionError, subprocess.TimeoutExpired):
        return False
    return True


def _full_name(image: str) -> str:
    """Podman guesses no registry."""
    return f"docker.io/{image}" if "/" in image else f"docker.io/library/{image}"


def make_base(running: Engine) -> None:
    """Debian with Python, in place of the base image that cannot be pulled."""
    print(f"{BASE} cannot be pulled: made with debootstrap, a few minutes ...", flush=True)
    script = STAND_INS / "base.sh"
    subprocess.run(["sh", str(script), running.program, _full_name(BASE)], env=dict(running.env), check=True)
