"""The data contract in the loop: each dataset is validated once; what breaks it is quarantined.

A quarantined dataset stays in the catalog and in the lake, but nothing is learnt from it or judged by it until a person
accepts it. The checks are the workload's (:meth:`core.workloads.base.Workload.contract`).
"""

from __future__ import annotations

from typing import Any

from loguru import logger

from core.catalog.engine import writing
from core.catalog.tables import Dataset, Decision
from core.config.messages import Message, message_of, say
from core.loop.decisions import QUARANTINED
from core.models import registry
from core.models.serving import ModelRefusedError, load_served
from core.storage import datasets, lake
from core.storage.datasets import accept as accept
from core.workloads import get_workload
from core.workloads.contract import Finding, findings_from_json, findings_to_json

REFERENCES = 5
"""The last good datasets that a new one is compared with."""


def validate(dataset: Dataset) -> Dataset:
    """Check ``dataset`` unless that was done, and return it as the catalog has it then.

    Raises :class:`core.storage.lake.LakeError` when it cannot be read, ``LookupError`` when it was deleted meanwhile.
    """
    try:
        _judge(dataset)
    except lake.LakeError as error:
        if datasets.get(dataset.id) is not None:
            raise
        raise LookupError(say("dataset.gone", dataset=dataset.id)) from error
    found = datasets.get(dataset.id)
    if found is None:
        raise LookupError(say("dataset.gone", dataset=dataset.id))
    return found


def validate_new(workload: str) -> list[Dataset]:
    """Check all datasets of ``workload`` that nobody checked, oldest first; returns those that this call quarantined.

    One that cannot be read is left for later: others are not to wait for it.
    """
    quarantined = []
    for dataset in datasets.unvalidated(workload):
        try:
            newly = _judge(dataset)
        except lake.LakeError as error:
            logger.warning("Dataset {} cannot be checked against its contract: {}", dataset.id, error)
            continue
        if newly and (found := datasets.get(dataset.id)) is not None:
            quarantined.append(found)
    return quarantined


def usable(workload: str) -> tuple[Dataset, Dataset | None]:
    """The newest dataset that keeps the contract or was accepted, and the newest one when that is quarantined.

    Raises :class:`core.storage.datasets.NoDatasetError`, :class:`core.storage.lake.LakeError`.
    """
    validate_new(workload)
    while (dataset := _validated(datasets.latest(workload))) is None:
        continue  # deleted or quarantined in this very moment: the one before it
    newest = datasets.newest(workload)
    skipped = newest is not None and newest.status == datasets.QUARANTINED and newest.id > dataset.id
    return dataset, newest if skipped else None


def _validated(dataset: Dataset) -> Dataset | None:
    """None when it is not there any more, or not usable."""
    try:
        found = validate(dataset)
    except LookupError:
        if datasets.get(dataset.id) is not None:
            raise
        return None
    return found if found.status != datasets.QUARANTINED else None


def reason_with(skipped: Dataset | None, used: Dataset, reason: Message) -> Message:
    """``reason``, preceded by which newer dataset was passed over and why."""
    if skipped is None:
        return reason
    return say("dataset.used_older", quarantined=in_words(skipped), used=used.id, reason=reason)


def in_words(dataset: Dataset) -> Message:
    """That ``dataset`` is quarantined, and why."""
    return say("dataset.quarantined", dataset=dataset.id, findings=_reasons(dataset))


def _reasons(dataset: Dataset) -> list[Message]:
    return [one.message for one in findings_from_json(dataset.findings)]


def _judge(dataset: Dataset) -> bool:
    """Check a dataset and note the outcome; True when this call quarantined it."""
    if dataset.status != datasets.UNVALIDATED:
        return False
    found = _findings(dataset)
    with writing() as session:
        newly = datasets.settle(session, dataset.id, findings_to_json(found)) and bool(found)
        if newly:
            reasons = tuple(one.message for one in found)
            session.add(Decision(workload=dataset.workload, kind=QUARANTINED, reason=reasons, dataset_id=dataset.id))
    return newly


def _findings(dataset: Dataset) -> list[Finding]:
    references = [one for one in datasets.good(dataset.workload, before=dataset.id, limit=REFERENCES) if _readable(one)]
    try:
        return list(get_workload(dataset.workload).contract(dataset, references, _champion(dataset.workload)))
    except (ValueError, LookupError) as error:  # what cannot even be checked is not to be learnt from
        logger.exception("The contract of dataset {} could not be checked", dataset.id)
        return [Finding(say("contract.failed", error=message_of(error)))]


def _readable(dataset: Dataset) -> bool:
    try:
        lake.file_of(dataset.path)
    except lake.DatasetMissingError as error:
        logger.warning("Dataset {} is no reference for data contracts: {}", dataset.id, error)
        return False
    return True


def _champion(workload: str) -> Any | None:
    """The champion's exported model; None without one, and while the registry is away: other checks go on."""
    if not registry.store_exists():
        return None
    try:
        version = registry.champion(workload)
        return load_served(version).predictor if version else None
    except (registry.RegistryError, ModelRefusedError) as error:
        logger.warning("The data contract of {} is checked without its champion: {}", workload, error)
        return None
