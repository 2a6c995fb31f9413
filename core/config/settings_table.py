"""The resolved settings for display: variable, value, source."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import AliasChoices, SecretStr
from pydantic_settings import BaseSettings

from core.config.logs import redact
from core.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. ``value`` never shows a secret; ``changed`` is true when it differs from the default."""

    name: str
    variable: str
    value: str
    changed: bool


def rows(settings: BaseSettings) -> list[Row]:
    """All settings in the order of the settings object."""
    kind = type(settings)
    return [
        Row(name, variable(name, kind), _shown(getattr(settings, name)), name in settings.model_fields_set)
        for name in kind.model_fields
    ]


def variable(name: str, kind: type[BaseSettings] = Settings) -> str:
    """The environment variable of the setting ``name``."""
    alias = kind.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"{kind.model_config.get('env_prefix', '')}{name}".upper()


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set, hidden"
    return redact(str(value))
