"""The English templates of messages about Prefect and MLflow; as in :mod:`core.config.message_catalogue`."""

from __future__ import annotations

OF_SERVICES: dict[str, str] = {
    "prefect.away": (
        "The Prefect server does not respond. It may still be starting: wait a few seconds and try again. If that does "
        "not help, restart `python3 manage.py run` or check PREFECT_API_URL."
    ),
    "prefect.error": "The Prefect server returned an error ({status}). Try again.",
    "prefect.unknown": "{name} does not exist in Prefect.",
    "prefect.no_deployment": (
        "Prefect has no deployment {name}: it was deleted there, or the flow runner has just started. A running flow "
        "runner registers it within half a minute; then try again."
    ),
    "prefect.refused": "Prefect rejected the request ({status}): {text}",
    "mlflow.away": (
        "The MLflow store does not respond ({error}). Check MLFLOW_TRACKING_URI and the folder data/mlflow; "
        "`python3 manage.py doctor` shows details."
    ),
    "mlflow.damaged": (
        "MLflow's database is damaged or was emptied ({error}). Stop Shifumi and restore the newest backup; until then "
        "the loaded models keep serving."
    ),
    "mlflow.newer": (
        "MLflow's database has the tables of another MLflow version ({error}). Install that version again, or run "
        "`mlflow db upgrade` if yours is the newer one."
    ),
    "mlflow.locked": "MLflow's database is locked by another program ({error}). Wait a moment and try again.",
    "mlflow.full": "The disk of MLflow's data is full ({error}). Make room, and try again.",
    "mlflow.read_only": "MLflow's data cannot be written ({error}). Grant this user write access to its folder.",
    "mlflow.refused": (
        "The MLflow server rejects access ({error}). Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
    ),
    "mlflow.unreachable": "The MLflow server cannot be reached ({error}). Start it, or correct MLFLOW_TRACKING_URI.",
    "mlflow.deleted": (
        "The MLflow experiment or run was deleted in MLflow ({error}). Start the training again: it restores the "
        "experiment."
    ),
}
"""Code to template."""
