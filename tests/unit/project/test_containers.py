"""Container files, scripts and workflows, as far as they can be judged without running them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.config.settings import ROOT
from deploy.image.healthcheck import runner_problem, server_problem
from deploy.new_env import filled
from deploy.new_env import main as new_env
from tests.ports import free_port

BIN = Path(sys.executable).parent
PROFILES = ("monitoring", "scale", "tls", "turn")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SECRETS = re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted([*(ROOT / "deploy").rglob("*.sh"), *(ROOT / "tests").rglob("*.sh"), ROOT / ".ci" / "run"])

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the checkers come as Linux programs")
pytestmark = on_linux


def run(program: str, *arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / program), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def passes(program: str, *arguments: object) -> None:
    done = run(program, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def secrets() -> dict[str, str]:
    """As ``deploy/new_env.py`` makes them."""
    lines = [line.partition("=") for line in filled(EXAMPLE, "").splitlines() if not line.startswith("#")]
    return {name: value for name, _, value in lines if name}


def config(tmp_path: Path, values: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """What Compose makes of the file with ``values`` as the whole ``.env``."""
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHIFUMI_")}
    return run("docker-compose", "--env-file", file, *options, env=clean)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every service of every profile, resolved."""
    done = config(tmp_path_factory.mktemp("env"), secrets(), "--profile", "*", "config", "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_the_dockerfile_is_clean() -> None:
    passes("hadolint", "Dockerfile", *sorted((ROOT / "tests" / "proofs" / "stand_ins").glob("*/Containerfile")))


def test_the_compose_file_follows_its_schema() -> None:
    passes("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


@pytest.mark.parametrize("profile", ["", *PROFILES])
def test_each_profile_resolves(tmp_path: Path, profile: str) -> None:
    done = config(tmp_path, secrets(), *(["--profile", profile] if profile else []), "config", "--quiet")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_or_empty_secret_stops_the_start_and_says_what_to_do(tmp_path: Path, name: str) -> None:
    for values in ({k: v for k, v in secrets().items() if k != name}, secrets() | {name: ""}):
        done = config(tmp_path, values, "config", "--quiet")
        assert done.returncode != 0
        assert name in done.stderr
        assert "run python3 deploy/new_env.py" in done.stderr


def test_no_secret_has_a_default_or_is_written_down() -> None:
    written = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert len(SECRETS) >= 5
    for name in SECRETS:
        assert set(re.findall(rf"\${{{name}([^}}]*)}}", written)) == {":?run python3 deploy/new_env.py"}
    assert not re.findall(r"(?i)(?:password|token)[a-z_]*[:=] *[\"']?[a-z0-9]", written)


def test_every_image_is_pinned_by_its_version(services: dict[str, Any]) -> None:
    for name, service in services.items():
        tag = service["image"].rpartition(":")[2]
        assert re.match(r"v?\d+\.\d+", tag), f"{name}: {service['image']}"


def test_every_service_is_locked_in(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert int(service["mem_limit"]) > 0, name
        assert service["pids_limit"] > 0, name
        assert not service.get("privileged"), name
        assert set(service.get("cap_add") or ()) <= {"NET_BIND_SERVICE"}, name


def test_only_loopback_is_published_unless_asked_for(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    open_to_all = {
        name for name, ports in published.items() if any(port.get("host_ip") != "127.0.0.1" for port in ports)
    }
    assert open_to_all == {"caddy", "coturn"}  # their profiles are there to be reached
    assert set(published) - open_to_all == {"app", "api", "prefect", "uptime-kuma", "grafana"}


def test_every_server_is_waited_for(services: dict[str, Any]) -> None:
    one_shot = {name for name, service in services.items() if service.get("restart") == "no"}
    assert one_shot == {"migrate", "kuma-provision"}
    for name, service in services.items():
        if name not in one_shot:
            assert service.get("healthcheck"), f"{name} has no health check"
        for needed, how in (service.get("depends_on") or {}).items():
            wanted = "service_completed_successfully" if needed in one_shot else "service_healthy"
            assert how["condition"] == wanted, f"{name} → {needed}"


def test_every_variable_is_in_the_example() -> None:
    used = set(re.findall(r"\${([A-Z_]+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    listed = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert used - listed == {"SHIFUMI_IMAGE", "SHIFUMI_BASE_IMAGE"}
    assert listed - used == {"COMPOSE_PROFILES"}


def test_new_env_makes_every_secret_once_and_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / ".env").write_text("SHIFUMI_DISCORD_WEBHOOK_URL=https://one.example\nSHIFUMI_ADMIN_PASSWORD=\n# mine")
    assert new_env(tmp_path) == 0
    first = (tmp_path / ".env").read_text(encoding="utf-8")
    assert "SHIFUMI_DISCORD_WEBHOOK_URL=https://one.example\n" in first and "# mine\n" in first
    made = dict(re.findall(r"^([A-Z_]+)=([0-9a-f]{32})$", first, re.MULTILINE))
    assert set(made) == set(SECRETS)
    assert len(set(made.values())) == len(SECRETS)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert new_env(tmp_path) == 0
    assert (tmp_path / ".env").read_text(encoding="utf-8") == first


def test_the_image_holds_the_programs_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert {"app.py", "core", "flows", "pages", "alembic.ini", ".streamlit", "requirements.txt"} <= allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert not allowed & {".env", "data", ".git", "tests", "docs", "tools"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_clean(script: Path) -> None:
    passes("shellcheck", script)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed")
def test_caddy_takes_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", "deploy/caddy/Caddyfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Valid configuration" in done.stderr + done.stdout, done.stderr


def test_the_relay_lets_nobody_through_but_to_the_workbench(services: dict[str, Any]) -> None:
    written = (ROOT / "deploy" / "coturn" / "turnserver.conf").read_text(encoding="utf-8").splitlines()
    assert {"denied-peer-ip=0.0.0.0-255.255.255.255", "lt-cred-mech", "no-cli"} <= set(written)
    assert not any(line.startswith(("allow-loopback-peers", "allowed-peer-ip", "user=")) for line in written)
    workbench = services["app"]["networks"]["video"]["ipv4_address"]
    allowed = [word for word in services["coturn"]["command"] if "allow" in word]
    assert allowed == [f"--allowed-peer-ip={workbench}"]


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        (None, "has not reported yet"),
        ("{", "has not reported yet"),
        ('{"pid": 1, "host": "another"}', "runs on another"),
        (f'{{"pid": 4194305, "host": "{socket.gethostname()}"}}', "has ended"),
        (f'{{"pid": {os.getpid()}, "host": "{socket.gethostname()}"}}', ""),
    ],
    ids=["none", "half", "elsewhere", "gone", "here"],  # numbers of processes differ between those that collect
)
def test_a_runner_is_well_when_it_lives_in_this_container(tmp_path: Path, note: str | None, problem: str) -> None:
    file = tmp_path / "runner.json"
    if note is not None:
        file.write_text(note, encoding="utf-8")
    said = runner_problem(file)
    assert problem in said if problem else said == ""


def test_a_server_that_does_not_answer_is_not_well() -> None:
    assert "does not respond" in server_problem(f"http://127.0.0.1:{free_port()}/health")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_sound(workflow: Path) -> None:
    passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    passes("jactionlint", workflow)
    passes("zizmor", "--offline", "--quiet", "--no-progress", workflow)
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert content["permissions"] in ({}, {"contents": "read"})
    for used in re.findall(r"uses: (\S+)", workflow.read_text(encoding="utf-8")):
        assert re.search(r"@[0-9a-f]{40}$", used), f"{used} is not pinned by its commit"


def test_dependabot_is_told_of_everything_that_is_pinned() -> None:
    passes("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    told = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {one["package-ecosystem"] for one in told} == {"pip", "docker", "docker-compose", "github-actions"}
