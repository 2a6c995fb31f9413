"""Logging with Loguru: readable on the console, rotating JSON lines in files.

Records of the standard library (uvicorn, Prefect, MLflow, SQLAlchemy…) go to the same sinks, and secrets
are masked before anything is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from loguru import logger

from core.config.disk import writable_now
from core.config.settings import Settings, get_settings

if TYPE_CHECKING:
    from loguru import Record

_FORMAT = "<dim>{time:HH:mm:ss}</dim> <level>{level: <7}</level> <cyan>{extra[process_name]}</cyan> {message}"
_NOISY = ("alembic", "httpx", "httpcore", "watchfiles", "urllib3", "matplotlib")
_SECRETS = (
    # Discord webhooks have their secret in the path.
    (re.compile(r"(https://[\w.]*discord(?:app)?\.com/api/webhooks/)\S+"), r"\1***"),
    (re.compile(r"\bshf_[A-Za-z0-9_-]{8,}"), "shf_***"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]{8,}"), r"\1***"),
    (re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"), "$2b$***"),
    (re.compile(r"(\w+://[^:/\s@]+:)[^@\s]+@"), r"\1***@"),
    (re.compile(r"(?i)\b((?:password|passwd|secret|token|api_key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',}&]+"), r"\1***"),
)


def redact(text: str) -> str:
    """Mask webhooks, tokens, password hashes and passwords in ``text``."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class _Intercept(logging.Handler):
    """Forwards records of the standard library to Loguru (the recipe of Loguru's own documentation)."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        message = record.getMessage()
        logger.opt(depth=6, exception=record.exc_info).bind(logger=record.name).log(level, "{}", message)


def _patch(record: Record) -> None:
    """Redact the message and the traceback; Loguru would append the latter unredacted."""
    record["message"] = redact(record["message"])
    error = record["exception"]
    trace = "".join(traceback.format_exception(error.type, error.value, error.traceback)) if error else ""
    record["extra"]["trace"] = redact(trace)
    record["extra"]["json"] = json.dumps(
        {
            "time": record["time"].isoformat(),
            "level": record["level"].name,
            "process": record["extra"].get("process_name", ""),
            "logger": record["extra"].get("logger") or record["name"],
            "message": record["message"],
            "exception": record["extra"]["trace"] or None,
        },
        default=str,
    )


# Functions, because Loguru appends "{exception}" to a format string.
def _for_people(_record: Record) -> str:
    return _FORMAT + "\n{extra[trace]}"


def _for_machines(_record: Record) -> str:
    return "{extra[json]}\n"


def setup_logging(process_name: str, settings: Settings | None = None) -> None:
    """Configure the sinks of this process. Safe to call twice; the last call wins.

    ``process_name`` is the name of the JSON file (``data/logs/<name>.jsonl``) and is part of each record.
    """
    settings = settings or get_settings()
    with suppress(OSError):  # a read-only disk: the console remains
        settings.logs_dir.mkdir(parents=True, exist_ok=True)
    logger.remove()
    logger.configure(extra={"process_name": process_name}, patcher=_patch)
    logger.add(sys.stderr, level=settings.log_level, format=_for_people)
    # While the disk takes nothing, records go to the console only.
    writable = writable_now(settings.logs_dir)
    logger.add(
        settings.logs_dir / f"{process_name}.jsonl",
        level=settings.log_level,
        format=_for_machines,
        rotation=settings.log_rotation,
        retention=settings.log_retention,
        delay=True,
        filter=lambda _record: writable(),
    )
    intercept_stdlib(settings.log_level)


def intercept_stdlib(level: str = "INFO") -> None:
    """Route the standard library's root logger, and loggers with their own handlers, to Loguru."""
    logging.basicConfig(handlers=[_Intercept()], level=max(logging.DEBUG, logger.level(level).no), force=True)
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in {"uvicorn", "mlflow", "prefect", "sqlalchemy", "streamlit", "fastapi"}:
            child = logging.getLogger(name)
            child.handlers = [h for h in child.handlers if type(h).__name__ == "APILogHandler"]
            child.propagate = True
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
