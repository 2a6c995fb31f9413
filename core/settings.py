"""Every option of the product, in one typed object.

Read from the environment (prefix ``SHIFUMI_``) and from a ``.env`` file in the project folder.
Each field is documented in ``docs/settings.md``; a test fails when one is not.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.live.ice import parse_ice_servers

ROOT = Path(__file__).resolve().parent.parent
"""The project folder: everything else is found from here."""

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Resolved options. Build it through :func:`get_settings`, so that a process has only one."""

    model_config = SettingsConfigDict(
        env_prefix="SHIFUMI_",
        env_file=ROOT / ".env",
        extra="ignore",
        populate_by_name=True,
    )

    # Where things live
    data_dir: Path = ROOT / "data"
    database_url: str | None = None
    mlflow_tracking_uri: str | None = Field(
        default=None, validation_alias=AliasChoices("MLFLOW_TRACKING_URI", "mlflow_tracking_uri")
    )
    prefect_api_url: str | None = Field(
        default=None, validation_alias=AliasChoices("PREFECT_API_URL", "prefect_api_url")
    )
    min_free_disk_mb: Annotated[int, Field(ge=0)] = 500

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

    # Logs
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_rotation: str = "10 MB"
    log_retention: str = "14 days"

    # People
    admin_username: str = "admin"
    admin_password: SecretStr | None = None
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12.0
    login_max_failures: Annotated[int, Field(ge=1)] = 5
    login_window_s: Seconds = 300.0

    # The loop
    linear_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.85
    drift_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01
    drift_min_effect: Annotated[float, Field(ge=0, le=1)] = 0.1
    promote_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    check_interval_s: Seconds = 300.0
    check_on_new_data: bool = True
    random_check_interval_s: Seconds = 30.0

    # Hands
    rps_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.6
    rps_base: str = "starter"
    rps_imgsz: Annotated[int, Field(ge=64, le=1280, multiple_of=32)] = 320
    rps_epochs: Annotated[int, Field(ge=1, le=1000)] = 20
    rps_patience: Annotated[int, Field(ge=0)] = 6
    rps_freeze: Annotated[int, Field(ge=0, le=23)] = 10
    rps_batch: Annotated[int, Field(ge=2, le=256)] = 8
    rps_device: str = "auto"
    rps_train_threads: Annotated[int, Field(ge=0)] = 0
    rps_runtime: Literal["auto", "openvino", "onnx"] = "auto"
    rps_threads: Annotated[int, Field(ge=0)] = 0

    # Flow runs
    runner_limit: Annotated[int, Field(ge=1)] = 4
    runner_warm: bool = True
    job_heartbeat_s: Seconds = 3.0
    job_stale_s: Seconds = 20.0

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
    prediction_log_queue: Annotated[int, Field(ge=1)] = 10_000
    prediction_log_keep: Annotated[int, Field(ge=1)] = 1_000_000
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

    @field_validator("discord_webhook_url", "admin_password", "ice_servers", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        """``SHIFUMI_X=`` in a ``.env`` file means "not set", as people expect."""
        return None if value == "" else value

    @field_validator("workbench_url", "api_url", "api_public_url", "prefect_public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if not value:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("write the whole address, with http:// or https:// before it")
        return value.rstrip("/")

    @field_validator("ice_servers")
    @classmethod
    def _readable_ice_servers(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_ice_servers(value.get_secret_value())
        return value

    @property
    def lake_dir(self) -> Path:
        return self.data_dir / "lake"

    @property
    def images_dir(self) -> Path:
        return self.data_dir / "images"

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def outputs_dir(self) -> Path:
        return self.data_dir / "outputs"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def run_dir(self) -> Path:
        """Process states, the cookie key: small files that belong to this installation."""
        return self.data_dir / "run"

    @property
    def prefect_home(self) -> Path:
        return self.data_dir / "prefect"

    @property
    def mlflow_dir(self) -> Path:
        return self.data_dir / "mlflow"

    @property
    def catalog_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'catalog.db').as_posix()}"

    @property
    def tracking_uri(self) -> str:
        return self.mlflow_tracking_uri or f"sqlite:///{(self.mlflow_dir / 'mlflow.db').as_posix()}"

    @property
    def reach_host(self) -> str:
        """Where this machine reaches its own servers: "all addresses" can be bound, not visited."""
        return "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound

    @property
    def prefect_api(self) -> str:
        return self.prefect_api_url or f"http://{self.reach_host}:{self.prefect_port}/api"

    @property
    def prefect_ui(self) -> str:
        """Prefect's own pages, for people to click."""
        return self.prefect_public_url or self.prefect_api.removesuffix("/api")

    @property
    def workbench_address(self) -> str:
        """Where processes reach the workbench."""
        return self.workbench_url or f"http://{self.reach_host}:{self.workbench_port}"

    @property
    def sidecar_url(self) -> str:
        """Where processes reach the prediction API."""
        return self.api_url or f"http://{self.reach_host}:{self.api_port}"

    @property
    def sidecar_public_url(self) -> str:
        """The prediction API's address for people and their programs."""
        return self.api_public_url or self.sidecar_url

    def make_folders(self) -> None:
        """Create the data folders. Raises ``OSError`` when the place is not writable."""
        for folder in (
            self.lake_dir,
            self.images_dir,
            self.uploads_dir,
            self.outputs_dir,
            self.logs_dir,
            self.run_dir,
            self.prefect_home,
            self.mlflow_dir,
        ):
            folder.mkdir(parents=True, exist_ok=True)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process. ``get_settings.cache_clear()`` makes it read them anew."""
    return Settings()
