"""Options of one workload: a class and an environment prefix of its own, read like the product's settings."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import ClassVar, Self, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.config.settings import ROOT, Settings, get_settings
from core.config.settings_table import variable
from core.workloads.base import Workload

T = TypeVar("T", bound=BaseSettings)


class WorkloadSettings(BaseSettings):
    """Inherit from it, set the prefix in ``model_config``, and read the options with :meth:`current`."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore")

    _read: ClassVar[dict[type[WorkloadSettings], tuple[Settings, WorkloadSettings]]] = {}
    _lock: ClassVar[Lock] = Lock()

    @classmethod
    def current(cls) -> Self:
        """The options of this process, read once, and again after :func:`get_settings` was reset.

        Raises :class:`WorkloadSettingsError` when a value is invalid.
        """
        product = get_settings()
        with cls._lock:
            known = cls._read.get(cls)
            if known is None or known[0] is not product:
                known = cls._read[cls] = (product, read(cls))
        assert isinstance(known[1], cls)  # noqa: S101 - the key says so
        return known[1]


class WorkloadSettingsError(ValueError):
    """Invalid options; the message names the variables."""


def read(kind: type[T]) -> T:
    """The options from the environment and ``.env``. Raises :class:`WorkloadSettingsError`."""
    try:
        return kind()
    except ValidationError as error:
        faults = [f"{variable(str(one['loc'][0]), kind)}: {one['msg']}" for one in error.errors()]
        raise WorkloadSettingsError("; ".join(faults)) from error


def settings_of(workloads: Iterable[Workload]) -> list[BaseSettings]:
    """The options of those workloads that have some. Raises :class:`WorkloadSettingsError`."""
    return [read(workload.settings) for workload in workloads if workload.settings is not None]
