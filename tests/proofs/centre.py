"""The services that several hosts share, on the bridge of :mod:`tests.proofs.hosts`: real ones, each in its process.

PostgreSQL (catalog), Redis (broker), moto's S3 server (files) and an MLflow server.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import httpx
import redis

from core.cli import process_trees
from core.cli.programs import PROGRAMS
from tests.mlflow_server import mlflow_server
from tests.ports import free_port
from tests.postgres import postgres_cluster, server_programs
from tests.proofs.hosts import CENTRE
from tests.waiting import wait_until

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def centre(folder: Path) -> Iterator[dict[str, str]]:
    """Starts all of them; gives the variables that lead to them."""
    with ExitStack() as stack:
        programs = server_programs()
        assert programs is not None, "PostgreSQL is not installed"
        database = stack.enter_context(postgres_cluster(programs, CENTRE))
        broker = stack.enter_context(_redis(folder))
        s3 = stack.enter_context(_s3(folder))
        store, files = f"sqlite:///{folder / 'mlflow.db'}", str(folder / "artifacts")
        mlflow = stack.enter_context(mlflow_server(folder, store, files, {}, CENTRE))
        yield {
            "SHIFUMI_DATABASE_URL": database,
            "SHIFUMI_CELERY_BROKER_URL": broker,
            "SHIFUMI_LAKE_URL": "s3://shifumi/lake",
            "AWS_ENDPOINT_URL": s3,
            **KEYS,
            "MLFLOW_TRACKING_URI": mlflow,
        }


@contextmanager
def _running(command: Sequence[str], output: Path, env: Mapping[str, str] | None = None) -> Iterator[None]:
    with output.open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | dict(env or {}), stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process_trees.kill_all([*process_trees.descendants(process.pid), *process_trees.by_pid(process.pid)])
        process.wait()


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    program = next(one for one in PROGRAMS if one.name == "Redis").find()
    assert program is not None, "Redis is not installed"
    port = free_port()
    # No password: these addresses exist on this bridge alone, and for minutes.
    options = ("--port", str(port), "--bind", CENTRE, "--protected-mode", "no", "--save", "", "--dir", str(folder))
    with _running([str(program), *options], folder / "redis.out"), redis.Redis(CENTRE, port) as client:
        wait_until(lambda: _answers(client), what="Redis")
        yield f"redis://{CENTRE}:{port}/0"


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextmanager
def _s3(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://{CENTRE}:{port}"
    with _running([sys.executable, "-m", "moto.server", "-H", CENTRE, "-p", str(port)], folder / "s3.out"):
        wait_until(lambda: _reached(f"{url}/moto-api/"), timeout=60, what="the S3 server")
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
        )
        client.create_bucket(Bucket="shifumi")
        yield url


def _reached(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
