"""All settings of the product, in one typed object.

Read from the environment (prefix ``SHIFUMI_``) and from a ``.env`` file in the project folder. Each field is documented
in ``docs/settings.md`` (tested). Options of a single workload are defined with it: see ``core.workloads.settings``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.config.ice import parse_ice_servers
from core.config.paths import Paths

ROOT = Path(__file__).resolve().parents[2]
"""The project folder; all other paths are relative to it."""

Port = Annotated[int, Field(ge=1, le=65535)]
PortOrNone = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
QUEUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The name of a worker queue; part of a file name with the embedded broker."""
BROKERS = ("redis://", "rediss://", "redis+socket://", "filesystem://")
"""Supported schemes of the Celery broker URL."""

QueueName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def _others(*names: str) -> Any:
    """A setting under names defined by other programs; not set by default."""
    return Field(default=None, validation_alias=AliasChoices(*names, names[0].lower()))


class Settings(Paths, BaseSettings):
    """Resolved settings. Create it through :func:`get_settings`, so that a process has only one."""

    model_config = SettingsConfigDict(
        env_prefix="SHIFUMI_",
        env_file=ROOT / ".env",
        extra="ignore",
        populate_by_name=True,
    )

    # Storage
    data_dir: Path = ROOT / "data"
    database_url: str | None = None
    mlflow_tracking_uri: str | None = _others("MLFLOW_TRACKING_URI")
    prefect_api_url: str | None = _others("PREFECT_API_URL")
    prefect_database_url: SecretStr | None = _others(
        "PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"
    )
    lake_url: str | None = None
    lake_timeout_s: Seconds = 10.0
    cache_max_mb: Annotated[int, Field(ge=10)] = 5_000
    aws_endpoint_url: str | None = _others("AWS_ENDPOINT_URL")
    aws_default_region: str | None = _others("AWS_DEFAULT_REGION", "AWS_REGION")
    aws_access_key_id: SecretStr | None = _others("AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr | None = _others("AWS_SECRET_ACCESS_KEY")
    aws_session_token: SecretStr | None = _others("AWS_SESSION_TOKEN")
    min_free_disk_mb: Annotated[int, Field(ge=0)] = 500
    catalog_copies: Annotated[int, Field(ge=0)] = 7
    catalog_copy_hours: Annotated[float, Field(gt=0)] = 24.0

    # Addresses
    host: str = "127.0.0.1"
    workbench_port: Port = 8501
    api_port: Port = 8000
    prefect_port: Port = 4200
    mlflow_port: Port = 5000
    workbench_url: str | None = None
    api_url: str | None = None
    api_public_url: str | None = None
    prefect_public_url: str | None = None
    workbench_metrics_port: PortOrNone = 8511
    runner_metrics_port: PortOrNone = 8512
    worker_metrics_port: PortOrNone = 8513

    # Logs
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_rotation: str = "10 MB"
    log_retention: str = "14 days"

    # Users
    admin_username: str = "admin"
    admin_password: SecretStr | None = None
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12.0
    login_max_failures: Annotated[int, Field(ge=1)] = 5
    login_window_s: Seconds = 300.0

    # The loop
    drift_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01
    drift_min_effect: Annotated[float, Field(ge=0, le=1)] = 0.1
    promote_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    promote_min_gain: Annotated[float, Field(ge=0, lt=1)] = 0.005
    promote_confirmations: Annotated[int, Field(ge=0, le=10)] = 1
    promote_others_margin: Annotated[float, Field(ge=0, le=1)] = 0.03
    promote_patience: Annotated[int, Field(ge=1, le=100)] = 6
    alarm_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01
    alarm_min_loss: Annotated[float, Field(ge=0, lt=1)] = 0.005
    retrain_new_labels: Annotated[int, Field(ge=0)] = 15
    check_interval_s: Seconds = 300.0
    check_on_new_data: bool = True
    retention_days: Annotated[int, Field(ge=0)] = 365
    random_check_interval_s: Seconds = 30.0

    # Flow runs
    runner_limit: Annotated[int, Field(ge=1)] = 4
    runner_warm: bool = True
    job_heartbeat_s: Seconds = 3.0
    job_stale_s: Seconds = 20.0

    # Workers
    celery_broker_url: SecretStr | None = None
    celery_queues: str = "default"
    celery_concurrency: Annotated[int, Field(ge=1, le=64)] = 1
    celery_gpu_queue: QueueName | None = None
    celery_lease_s: Annotated[float, Field(ge=1)] = 30.0
    celery_max_attempts: Annotated[int, Field(ge=1)] = 3
    celery_time_limit_s: Seconds = 86_400.0

    # Health
    health_interval_s: Annotated[float, Field(ge=0)] = 30.0
    health_keep_days: Annotated[int, Field(ge=1)] = 7
    kuma_url: str | None = None

    # Notifications
    discord_webhook_url: SecretStr | None = None
    notify_timeout_s: Seconds = 3.0

    # Live video
    ice_servers: SecretStr | None = None
    ice_local: bool = False

    # Limits
    upload_max_mb: Annotated[int, Field(ge=1)] = 200
    sql_max_rows: Annotated[int, Field(ge=1)] = 1000
    sql_timeout_s: Seconds = 20.0
    predict_max_rows: Annotated[int, Field(ge=1)] = 10_000
    predict_max_bytes: Annotated[int, Field(ge=1)] = 2_000_000
    predict_body_timeout_s: Seconds = 10.0
    predict_image_max_bytes: Annotated[int, Field(ge=1)] = 20_000_000
    predict_image_workers: Annotated[int, Field(ge=1, le=64)] = 1
    predict_image_queue: Annotated[int, Field(ge=0)] = 8
    api_workloads: str | None = None
    prediction_log_queue: Annotated[int, Field(ge=1)] = 10_000
    prediction_log_keep: Annotated[int, Field(ge=1)] = 1_000_000
    feedback_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    feedback_max_rows: Annotated[int, Field(ge=0)] = 100
    feedback_max_labels: Annotated[int, Field(ge=1)] = 10_000
    feedback_per_hour: Annotated[int, Field(ge=1)] = 100_000
    feedback_person_daily: Annotated[int, Field(ge=1)] = 1_000
    feedback_keep: Annotated[int, Field(ge=1)] = 1_000_000
    watch_interval_s: Seconds = 0.5
    image_max_mb: Annotated[int, Field(ge=1)] = 50
    image_max_side: Annotated[int, Field(ge=64)] = 20_000
    image_max_pixels: Annotated[int, Field(ge=10_000, le=170_000_000)] = 50_000_000
    image_keep_side: Annotated[int, Field(ge=320)] = 1280
    video_max_s: Seconds = 60.0
    import_max_files: Annotated[int, Field(ge=1)] = 50_000
    import_max_unpacked_mb: Annotated[int, Field(ge=1)] = 4_000

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser() if value.is_absolute() else (ROOT / value).resolve()

    @field_validator(
        "discord_webhook_url",
        "admin_password",
        "ice_servers",
        "kuma_url",
        "celery_broker_url",
        "celery_gpu_queue",
        "lake_url",
        "prefect_database_url",
        "aws_endpoint_url",
        "aws_default_region",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        """``SHIFUMI_X=`` in a ``.env`` file means "not set"."""
        return None if value == "" else value

    @field_validator("workbench_url", "api_url", "api_public_url", "prefect_public_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be a complete URL with http:// or https://")
        return value.rstrip("/")

    @field_validator("lake_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and "://" not in value:
            raise ValueError("must be a URL such as s3://bucket/prefix or file:///mnt/share")
        return value

    @field_validator("ice_servers")
    @classmethod
    def _readable_ice_servers(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_ice_servers(value.get_secret_value())
        return value

    @field_validator("celery_broker_url")
    @classmethod
    def _known_broker(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(BROKERS):
            raise ValueError(f"must start with {', '.join(BROKERS[:-1])} or {BROKERS[-1]}")
        return value

    @field_validator("celery_queues")
    @classmethod
    def _queue_names(cls, value: str) -> str:
        if not all(QUEUE.fullmatch(name.strip()) for name in value.split(",")):
            raise ValueError("must be queue names (letters, digits, - and _), separated by commas")
        return value

    @property
    def worker_queues(self) -> list[str]:
        """The queues that a worker consumes, unless its command line overrides them."""
        return [name.strip() for name in self.celery_queues.split(",")]


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process. ``get_settings.cache_clear()`` makes it read them again."""
    return Settings()
