"""A metrics endpoint for processes without a web server: workbench, flow runner, workers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from wsgiref.simple_server import WSGIServer

from loguru import logger
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, start_http_server
from prometheus_client.registry import Collector

from core.config.settings import get_settings
from core.monitoring.metrics.machine_metrics import MachineCollector


@dataclass(frozen=True, slots=True)
class Exporter:
    """A thread that answers scrapes; it ends with its process, or when closed."""

    server: WSGIServer

    @property
    def port(self) -> int:
        return int(self.server.server_port)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def start_exporter(port: int, variable: str, collectors: Iterable[Collector]) -> Exporter | None:
    """Serve ``collectors`` and process metrics on ``SHIFUMI_HOST`` and ``port`` (0: off).

    Returns None when the port is not available: the log names the ``variable`` that changes it, and the
    process continues.
    """
    if port == 0:
        return None
    disable_created_metrics()  # type: ignore[no-untyped-call] # an unused second series per counter
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in (MachineCollector(), *collectors):
        registry.register(collector)
    host = get_settings().host
    try:
        server, _thread = start_http_server(port, host, registry)
    except OSError as error:
        logger.warning(
            "No metrics at {}:{} ({}). Choose another port with {}, or 0 for none.",
            host,
            port,
            error.strerror or error,
            variable,
        )
        return None
    logger.info("Metrics at http://{}:{}/metrics", host, port)
    return Exporter(server)
