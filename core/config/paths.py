"""The folders of an installation and the URLs of its services, derived from the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING


class Paths:
    """Properties derived from the fields of :class:`core.config.settings.Settings`, which inherits them."""

    if TYPE_CHECKING:  # pydantic would treat them as fields
        data_dir: Path
        database_url: str | None
        mlflow_tracking_uri: str | None
        prefect_api_url: str | None
        host: str
        workbench_port: int
        api_port: int
        prefect_port: int
        workbench_url: str | None
        api_url: str | None
        api_public_url: str | None
        prefect_public_url: str | None

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
    def cache_dir(self) -> Path:
        """Local cache of the object store (``lake_url``); may be deleted at any time."""
        return self.data_dir / "cache"

    @property
    def copies_dir(self) -> Path:
        """Rolling copies of a SQLite catalog."""
        return self.data_dir / "catalog-copies"

    @property
    def lost_dir(self) -> Path:
        """Files that the catalog does not name, set aside by `doctor --fix`; only people delete them.

        The root of an ext4 volume has a folder of that name already, which only root can use.
        """
        usual = self.data_dir / "lost+found"
        taken = usual.exists() and not os.access(usual, os.W_OK | os.X_OK)
        return self.data_dir / "lost+found-shifumi" if taken else usual

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def run_dir(self) -> Path:
        """Process states, the cookie key: small files of this installation."""
        return self.data_dir / "run"

    @property
    def prefect_home(self) -> Path:
        return self.data_dir / "prefect"

    @property
    def mlflow_dir(self) -> Path:
        return self.data_dir / "mlflow"

    @property
    def celery_dir(self) -> Path:
        """Messages of the embedded broker, ``filesystem://``."""
        return self.data_dir / "celery"

    @property
    def catalog_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'catalog.db').as_posix()}"

    @property
    def tracking_uri(self) -> str:
        return self.mlflow_tracking_uri or f"sqlite:///{(self.mlflow_dir / 'mlflow.db').as_posix()}"

    @property
    def reach_host(self) -> str:
        """The host under which this machine reaches its own servers: 0.0.0.0 can be bound, not connected to."""
        return "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound

    @property
    def prefect_api(self) -> str:
        return self.prefect_api_url or f"http://{self.reach_host}:{self.prefect_port}/api"

    @property
    def prefect_ui(self) -> str:
        """URL of the Prefect UI for browsers."""
        return self.prefect_public_url or self.prefect_api.removesuffix("/api")

    @property
    def workbench_address(self) -> str:
        """URL of the workbench for other processes."""
        return self.workbench_url or f"http://{self.reach_host}:{self.workbench_port}"

    @property
    def sidecar_url(self) -> str:
        """URL of the prediction API for other processes."""
        return self.api_url or f"http://{self.reach_host}:{self.api_port}"

    @property
    def sidecar_public_url(self) -> str:
        """URL of the prediction API for API clients."""
        return self.api_public_url or self.sidecar_url

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that every installation has."""
        return (
            self.lake_dir,
            self.images_dir,
            self.uploads_dir,
            self.outputs_dir,
            self.logs_dir,
            self.run_dir,
            self.prefect_home,
            self.mlflow_dir,
            self.celery_dir / "messages",
            self.celery_dir / "control",
        )

    def make_folders(self) -> None:
        """Create the data folders. Raises ``OSError`` when they cannot be created."""
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
