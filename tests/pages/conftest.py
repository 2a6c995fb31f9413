"""What the tests of pages share."""

import sys
from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from core.config.settings import Settings, get_settings
from core.ui.live import choices, stream, viewer_store
from core.ui.predict import one_row
from core.workloads import of_kind
from tests.pages.video import Video
from tests.ports import free_port
from tests.waiting import wait_until


@pytest.fixture(scope="session", autouse=True)
def packages_read_once() -> Iterator[None]:
    """AppTest looks for components in the metadata of every installed package, which was most of what a test cost.

    What is installed stays the same meanwhile, and so does the answer.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest leaves its script behind as ``__main__``; processes that later tests spawn would look for its file."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def own_log(settings: Settings) -> Iterator[None]:
    """The log belongs to the process: what this test asked is written before the next one has its catalog."""
    yield
    one_row._prediction_log.clear()


@pytest.fixture
def no_servers(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Whatever the developer runs on the usual ports is not this test's stack: nothing answers here."""
    for name in ("SHIFUMI_API_PORT", "SHIFUMI_PREFECT_PORT", "SHIFUMI_WORKBENCH_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    get_settings.cache_clear()


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[Video]:
    """A camera in place of the browser's, and models that no test before this one loaded."""
    made = Video()
    monkeypatch.setattr(stream, "webrtc_streamer", made)
    caches = (viewer_store.model_cache, viewer_store._pool, choices._starter)
    for cached in caches:
        cached.clear()
    yield made
    for name in [workload.name for workload in of_kind("images")]:
        viewer_store.model_cache(name)._idle_s = 0.0
        wait_until(lambda: not viewer_store.model_cache(name).awake, every=0.01)  # noqa: B023
    for cached in caches:
        cached.clear()
