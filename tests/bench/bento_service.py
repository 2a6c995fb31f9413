"""The registered model behind BentoML. Runs in an environment of its own, see ``BENTOML_PYTHON`` in test_predict.py."""

import os

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1, traffic={"timeout": 30})
class Points:
    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCH_MODEL_FILE"])

    @bentoml.api
    def predict(self, features: list[list[float]]) -> dict[str, list[float]]:
        probabilities = self.model.predict_proba(np.array(features))[:, 1]
        return {"classes": (probabilities > 0.5).astype(int).tolist(), "probabilities": probabilities.tolist()}
