"""Promotion and rollback."""

from __future__ import annotations

from typing import Any

from core.auth import audit
from core.auth.roles import Actor, Role, require
from core.config.messages import say
from core.models import pins, registry
from core.models.mlflow_client import RegistryError, client, store_errors
from core.models.registry import CHALLENGER, CHAMPION, PREVIOUS, Version
from core.models.serving import load_served


def promote(actor: Actor, workload: str, version: int, why: str = "") -> Version:
    """Make ``version`` the champion; the old one gets the alias ``previous``.

    Loads and tests the model first: a version that cannot serve is never promoted. ``why`` is a person's reason, for
    the audit log. Raises :class:`RegistryError`, :class:`core.models.serving.ModelRefusedError`, or
    :class:`core.models.pins.PinnedError` while the champion is pinned.
    """
    require(actor, Role.ADMIN)
    target = registry.get_version(workload, version)
    load_served(target)
    with pins.unpinned(workload) as session:
        old = registry.champion(workload)
        _move_aliases(target, old)
        details: dict[str, Any] = {"previous": old.version if old else None, **({"why": why} if why else {})}
        audit.record_event(actor, "model.promote", f"{workload} v{version}", session=session, **details)
    return registry.get_version(workload, version)


def _move_aliases(target: Version, old: Version | None) -> None:
    name, mlflow_client = registry.model_name(target.workload), client()
    with store_errors():
        if old is not None and old.version != target.version:
            mlflow_client.set_registered_model_alias(name, PREVIOUS, str(old.version))
        mlflow_client.set_registered_model_alias(name, CHAMPION, str(target.version))
        if CHALLENGER in target.aliases:
            mlflow_client.delete_registered_model_alias(name, CHALLENGER)


def roll_back(actor: Actor, workload: str, why: str = "") -> Version:
    """Swap ``champion`` and ``previous``. Raises :class:`RegistryError` when there is no previous one, and what
    :func:`promote` raises."""
    require(actor, Role.ADMIN)
    before = registry.by_alias(workload, PREVIOUS)
    if before is None:
        raise RegistryError(say("promotion.no_previous"))
    return promote(actor, workload, before.version, why)
