"""With a full disk `/predict` goes on answering; its log waits in memory and is written when there is room."""

from pathlib import Path

from sqlalchemy import func, select

from core.api.app import create_app
from core.auth import token_verifier
from core.auth.roles import SYSTEM
from core.auth.tokens import create_token
from core.catalog.engine import reading
from core.catalog.tables import PredictionBatch
from core.config.settings import get_settings
from tests.api.client import Client
from tests.api.conftest import copy_models
from tests.small_disk import SmallDisk
from tests.waiting import wait_until


def logged() -> int:
    with reading() as session:
        return session.scalar(select(func.count(PredictionBatch.id))) or 0


def test_predictions_go_on_while_the_disk_is_full(models: Path, data_on_small_disk: SmallDisk) -> None:
    copy_models(models, get_settings().data_dir)
    secret = create_token(SYSTEM, "tests", ["predict"], days=1)[0]
    app = create_app(get_settings())
    app.sidecar.log._interval_s = 0.05
    app.sidecar.log.start()
    app.sidecar.watcher.refresh()
    client = Client(app, {"Authorization": f"Bearer {secret}"})
    log = app.sidecar.log
    try:
        assert client.post("/predict", json={"features": [[1, 2]]}).status_code == 200
        wait_until(lambda: logged() == 1)
        with data_on_small_disk.full():
            for _ in range(50):
                answer = client.post("/predict", json={"features": [[1, 2]] * 50})
                assert answer.status_code == 200, answer.text
                app.sidecar.verifier._fresh_until = 0.0  # as a second later
                app.sidecar.watcher.refresh()
            wait_until(lambda: log.problem is not None, what="the disk took every entry")
            assert log.problem is not None and "full" in log.problem
        wait_until(lambda: logged() == 51, timeout=20)
        assert log.dropped == 0
    finally:
        log.stop()
        app.sidecar.verifier.close()
    assert token_verifier.MAX_AGE_S <= 1
