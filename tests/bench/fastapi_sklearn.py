"""The registered model behind FastAPI, as tutorials do it: python -m tests.bench.fastapi_sklearn PORT MODEL_FILE"""

import sys
from typing import Any

import joblib
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Points(BaseModel):
    features: list[tuple[float, float]]


def create_app(model: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/predict")
    def predict(points: Points) -> dict[str, list[float]]:
        probabilities = model.predict_proba(np.array(points.features))[:, 1]
        return {"classes": (probabilities > 0.5).astype(int).tolist(), "probabilities": probabilities.tolist()}

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(joblib.load(sys.argv[2])),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
    )
