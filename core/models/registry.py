"""MLflow: runs, registered versions and the aliases ``champion``, ``challenger`` and ``previous``.

MLflow is imported inside the functions: it costs more than a second, which a process that only reads its own health
should not pay.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from core.catalog.tables import Dataset
from core.config.settings import get_settings
from core.models.mlflow_client import RegistryError as RegistryError
from core.models.mlflow_client import client as client
from core.models.mlflow_client import store_errors as store_errors
from core.models.mlflow_client import store_exists as store_exists
from core.storage.integrity import folder_sha256, parameters_sha256
from core.workloads import get_workload
from core.workloads.base import Scores, Trained

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
_EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Version:
    """A registered model version. ``sha256`` covers its exported model; a starter has no ``training_s``."""

    workload: str
    version: int
    run_id: str
    dataset_id: int
    dataset_sha256: str
    fingerprint: str
    sha256: str
    created_at: datetime
    aliases: tuple[str, ...]
    training_s: float | None = None
    trained_on: tuple[int, ...] = ()
    """The ids of the datasets it was trained on; none for a starter."""


def model_name(workload: str) -> str:
    return f"shifumi-{workload}"


def experiment_id(workload: str) -> str:
    """The experiment with the workload's runs; created on first use, artifacts in the data folder, and restored after
    somebody deleted it in MLflow."""
    mlflow_client = client()
    with store_errors():
        found = mlflow_client.get_experiment_by_name(model_name(workload))
        if found is not None:
            if found.lifecycle_stage == "deleted":
                logger.warning("The experiment {} was deleted in MLflow: restored, with its runs", found.name)
                mlflow_client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        # A server knows its artifact location; a bare database would use ./mlruns.
        local = not get_settings().tracking_uri.startswith(("http://", "https://"))
        place = (get_settings().mlflow_dir / "artifacts" / workload).as_uri() if local else None
        return str(mlflow_client.create_experiment(model_name(workload), artifact_location=place))


def fingerprint(window: Sequence[Dataset], training_parameters: Mapping[str, Any]) -> str:
    """Identity of a training: the same data and parameters give the same model, so it is trained only once.

    A starter has no dataset in its ``window``; only its parameters count.
    """
    return parameters_sha256({"dataset": ",".join(one.sha256 for one in window), **training_parameters})


def find(workload: str, wanted_fingerprint: str) -> Version | None:
    """The newest version trained with this fingerprint."""
    query = f"name='{model_name(workload)}' and tags.fingerprint='{wanted_fingerprint}'"
    mlflow_client = client()
    with store_errors():
        found = mlflow_client.search_model_versions(query, max_results=10)
    return max((_version(workload, item) for item in found), key=lambda v: v.version, default=None)


def log_challenger(
    workload: str, window: Sequence[Dataset], trained: Trained, flow_run_id: str | None, training_s: float | None = None
) -> Version:
    """Log a training run, register its model and point the alias ``challenger`` at it.

    ``window``: the datasets it was trained on, oldest first; none for a starter model. ``training_s``: duration of the
    training in seconds.
    """
    import mlflow

    learnt = get_workload(workload)
    dataset = window[-1] if window else None
    settings = get_settings()
    mlflow_client = client()
    experiment = experiment_id(workload)
    with store_errors():
        mlflow.set_tracking_uri(settings.tracking_uri)
        tags = {**_origin(window), "flow_run_id": flow_run_id or ""}
        with (
            tempfile.TemporaryDirectory() as scratch,
            mlflow.start_run(
                experiment_id=experiment, run_name=f"dataset-{dataset.id}" if dataset else "starter", tags=tags
            ) as run,
        ):
            mlflow.log_params({**trained.parameters, **_data_parameters(dataset)})
            model_uri = learnt.log_model(trained, dataset)
            learnt.export(trained.predictor, Path(scratch))
            digest = folder_sha256(Path(scratch))
            mlflow.log_artifacts(scratch, _EXPORT)
        identity = trained.identity or (learnt.training_parameters if dataset else trained.parameters)
        marks = {"fingerprint": fingerprint(window, identity), "sha256": digest, **tags}
        marks |= {} if training_s is None else {"training_s": f"{training_s:.3f}"}
        return _register(mlflow_client, workload, model_uri, run.info.run_id, marks)


def _origin(window: Sequence[Dataset]) -> dict[str, str]:
    if not window:
        return {"dataset_id": "0", "dataset_sha256": ""}
    newest = window[-1]
    trained_on = ",".join(str(one.id) for one in window)
    return {"dataset_id": str(newest.id), "dataset_sha256": newest.sha256, "trained_on": trained_on}


def _data_parameters(dataset: Dataset | None) -> dict[str, Any]:
    if dataset is None:
        return {}
    return {"rows": dataset.rows} | {f"data.{name}": value for name, value in dataset.parameters.items()}


def _register(mlflow_client: MlflowClient, workload: str, uri: str, run_id: str, tags: dict[str, str]) -> Version:
    name = model_name(workload)
    if not mlflow_client.search_registered_models(f"name='{name}'"):
        mlflow_client.create_registered_model(name)
    # An MLflow server rejects a source that is a logged model unless it is referenced as one.
    logged_model = uri.removeprefix("models:/") if uri.startswith("models:/") else None
    made = mlflow_client.create_model_version(name, source=uri, run_id=run_id, tags=tags, model_id=logged_model)
    mlflow_client.set_registered_model_alias(name, CHALLENGER, made.version)
    return _version(workload, mlflow_client.get_model_version(name, made.version))


def log_scores(version: Version, scores: Scores) -> None:
    """Log a version's holdout metrics to its run."""
    figures = {
        scores.metric: scores.value,
        f"{scores.metric}_low": scores.ci_low,
        f"{scores.metric}_high": scores.ci_high,
    }
    figures |= {name: value for name, value in scores.details.items() if isinstance(value, float)}
    mlflow_client = client()
    with store_errors():
        for name, value in figures.items():
            mlflow_client.log_metric(version.run_id, name, value)
        mlflow_client.log_dict(version.run_id, scores.details, "scores.json")


def log_figures(version: Version, figures: list[tuple[str, Any]]) -> None:
    """Attach Matplotlib figures to the version's run."""
    mlflow_client = client()
    with store_errors():
        for name, figure in figures:
            mlflow_client.log_figure(version.run_id, figure, name)


def _version(workload: str, item: ModelVersion) -> Version:
    tags = item.tags
    return Version(
        workload=workload,
        version=int(item.version),
        run_id=str(item.run_id),
        dataset_id=int(tags.get("dataset_id", 0)),
        dataset_sha256=tags.get("dataset_sha256", ""),
        fingerprint=tags.get("fingerprint", ""),
        sha256=tags.get("sha256", ""),
        created_at=datetime.fromtimestamp(item.creation_timestamp / 1000, UTC),
        aliases=tuple(item.aliases),
        training_s=float(tags["training_s"]) if "training_s" in tags else None,
        trained_on=_trained_on(tags),
    )


def _trained_on(tags: Mapping[str, str]) -> tuple[int, ...]:
    """Versions of 0.1 have one dataset and no list of them."""
    listed = tags.get("trained_on") or tags.get("dataset_id", "0")
    return tuple(number for one in listed.split(",") if (number := int(one)))


def starter_version(workload: str) -> Version:
    """The starter model of a workload before it is registered: version 0."""
    return Version(workload, 0, "", 0, "", "", "", datetime.now(UTC), ("starter",))


def by_alias(workload: str, alias: str) -> Version | None:
    """The version that an alias points at, or None."""
    from mlflow.exceptions import MlflowException

    mlflow_client = client()
    with store_errors():
        try:
            return _version(workload, mlflow_client.get_model_version_by_alias(model_name(workload), alias))
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise


def champion(workload: str) -> Version | None:
    return by_alias(workload, CHAMPION)


def get_version(workload: str, version: int) -> Version:
    """Raises :class:`RegistryError` when the version does not exist."""
    mlflow_client = client()
    with store_errors():
        return _version(workload, mlflow_client.get_model_version(model_name(workload), str(version)))


def versions(workload: str, limit: int = 50) -> list[Version]:
    """Registered versions, newest first."""
    mlflow_client = client()
    with store_errors():
        found = mlflow_client.search_model_versions(
            f"name='{model_name(workload)}'", max_results=limit, order_by=["version_number DESC"]
        )
        held = {}
        if found:
            held = mlflow_client.get_registered_model(model_name(workload)).aliases
    listed = [_version(workload, item) for item in found]
    return [_with_aliases(v, tuple(a for a, number in held.items() if int(number) == v.version)) for v in listed]


def _with_aliases(version: Version, aliases: tuple[str, ...]) -> Version:
    from dataclasses import replace

    return replace(version, aliases=aliases)


def download_export(version: Version, folder: Path) -> Path:
    """The local folder of a version's exported model; local stores are read in place."""
    from mlflow.artifacts import download_artifacts

    with store_errors():
        uri = f"runs:/{version.run_id}/{_EXPORT}"
        return Path(download_artifacts(uri, dst_path=str(folder), tracking_uri=get_settings().tracking_uri))
