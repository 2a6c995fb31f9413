"""External services: Prefect, MLflow, Uptime Kuma, a TURN server; and clock skew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from core.cli.checks.network import Response, connection_error, http_get
from core.cli.findings import Finding, ok, problem, warning
from core.config.ice import parse_ice_servers
from core.config.prefect_address import prefect_is_elsewhere
from core.config.settings import Settings

_CLOCK_TOLERANCE = timedelta(seconds=5)
"""Heartbeats are compared across machines: see ``SHIFUMI_JOB_STALE_S``. HTTP has a resolution of whole seconds."""

_TURN_PORTS = {"turn": 3478, "turns": 5349}


def check_external_services(settings: Settings) -> Iterator[Finding]:
    """Checks of all services that settings place on other machines."""
    if prefect_is_elsewhere(settings):
        yield from check_prefect(settings.prefect_api)
    if settings.tracking_uri.startswith(("http://", "https://")):
        yield from check_mlflow(settings.tracking_uri.rstrip("/"))
    if settings.kuma_url:
        yield check_kuma(settings.kuma_url.rstrip("/"))
    if settings.ice_servers:
        yield from check_turn(settings.ice_servers.get_secret_value())


def check_prefect(url: str) -> Iterator[Finding]:
    """Prefect's API, not its UI: the UI returns a page with status 200 for every address."""
    answer = http_get(url.rstrip("/") + "/health")
    if isinstance(answer, str):
        yield problem(
            f"Prefect at {url}: {answer}",
            "Start Prefect there, correct PREFECT_API_URL, or remove it to start Prefect here.",
        )
        return
    if answer.status in {401, 403}:
        yield problem(
            f"Prefect at {url} requires a login (HTTP {answer.status})",
            "Shifumi does not support this: make Prefect reachable without a login, inside a private network.",
        )
        return
    if answer.status != 200 or answer.text.strip() != "true":
        yield problem(
            f"{url} is not Prefect's API (HTTP {answer.status})",
            "PREFECT_API_URL must end with /api, such as http://host:4200/api.",
        )
        return
    yield ok(f"Prefect responds at {url}")
    yield from check_clock("Prefect", answer)


def check_mlflow(url: str) -> Iterator[Finding]:
    """A page that is subject to MLflow's host name check, unlike /health."""
    answer = http_get(f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default")
    if isinstance(answer, str):
        yield problem(f"MLflow at {url}: {answer}", "Start MLflow there, or correct MLFLOW_TRACKING_URI.")
        return
    host = urlsplit(url).netloc
    if answer.status == 403:
        yield problem(
            f"MLflow at {url} rejects this host name (HTTP 403)",
            f"Start it with MLFLOW_SERVER_ALLOWED_HOSTS={host} (names separated by commas), "
            "or use a name that it allows.",
        )
        return
    if answer.status == 401:
        yield problem(
            f"MLflow at {url} requires a login (HTTP 401)",
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
        )
        return
    if not (answer.status == 200 and '"experiment"' in answer.text) and "RESOURCE_DOES_NOT_EXIST" not in answer.text:
        yield problem(
            f"{url} is not MLflow (HTTP {answer.status})",
            "MLFLOW_TRACKING_URI must be the server's root, such as http://host:5000.",
        )
        return
    yield ok(f"MLflow responds at {url}")
    yield from check_clock("MLflow", answer)


def check_clock(name: str, answer: Response) -> Iterator[Finding]:
    """With too much clock skew, machines consider each other's work dead."""
    if answer.skew is not None and abs(answer.skew) > _CLOCK_TOLERANCE:
        way = "ahead of" if answer.skew > timedelta(0) else "behind"
        yield warning(
            f"The clock of {name}'s machine is {abs(answer.skew).total_seconds():.0f} s {way} this one",
            "Synchronise both clocks (systemd-timesyncd, chrony): heartbeats and leases depend on them.",
        )


def check_kuma(url: str) -> Finding:
    """Is it Uptime Kuma, and already set up?"""
    answer = http_get(f"{url}/api/entry-page")
    if isinstance(answer, str):
        return warning(f"Uptime Kuma at {url}: {answer}", "Start it, or correct SHIFUMI_KUMA_URL.")
    if answer.status != 200 or '"type"' not in answer.text:
        return warning(
            f"{url} is not Uptime Kuma (HTTP {answer.status})",
            "SHIFUMI_KUMA_URL must be its root, such as http://localhost:3001.",
        )
    if "setup-database" in answer.text:
        return warning(
            f"Uptime Kuma at {url} is not set up: no database chosen",
            "Start it with UPTIME_KUMA_DB_TYPE=sqlite, then `python deploy/uptime-kuma/provision.py`.",
        )
    return ok(f"Uptime Kuma responds at {url}")


def check_turn(setting: str) -> Iterator[Finding]:
    """Each TURN server over TCP: coturn also listens on UDP, which cannot be tested from outside."""
    for url in _turn_urls(setting):
        scheme, _, rest = url.partition(":")
        parts = urlsplit(f"//{rest.split('?')[0]}")
        try:
            host, port = parts.hostname or "", parts.port or _TURN_PORTS[scheme]
        except ValueError:
            host, port = "", 0
        if not host:
            yield problem(f"{url} is not a TURN URL", "Write SHIFUMI_ICE_SERVERS like turn:turn.example.org:3478.")
        elif reason := connection_error(host, port):
            yield warning(
                f"The TURN server {host}:{port}: {reason}",
                "Start it (the Compose profile `turn`), open TCP and UDP on that port, or correct SHIFUMI_ICE_SERVERS. "
                "Without it Live works only on this machine and in its own network.",
            )
        else:
            yield ok(f"The TURN server {host}:{port} accepts connections")


def _turn_urls(setting: str) -> list[str]:
    listed = [server["urls"] for server in parse_ice_servers(setting)]
    urls = [url for one in listed for url in (one if isinstance(one, list) else [one])]
    return [url for url in urls if url.startswith(("turn:", "turns:"))]
