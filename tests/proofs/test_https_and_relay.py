"""Live as people at other machines see it: over https through Caddy, the video relayed by coturn.

Both are the real programs with the configuration of ``deploy/``; the browser is told to use nothing but the relay.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page

from core.auth.roles import Role
from core.config.settings import Settings
from tests.api.running import sidecar
from tests.colour_model import promote_colour_model
from tests.e2e.conftest import _CHROMIUM_ARGS, browser_context_args, browser_type_launch_args  # noqa: F401 - fixtures
from tests.e2e.fake_camera import arguments, squares, write_film
from tests.e2e.live_page import LivePage
from tests.e2e.proxies import NAME, Relay, caddy, coturn
from tests.e2e.workbench import Workbench, running_workbench
from tests.people import make_user
from tests.waiting import wait_until

# As it would be where host and browser cannot meet; the connections are kept, to be asked afterwards.
_ONLY_RELAYED = """
const Plain = window.RTCPeerConnection;
window.peers = [];
window.RTCPeerConnection = class extends Plain {
  constructor(configuration) {
    super({...configuration, iceTransportPolicy: "relay"});
    window.peers.push(this);
  }
};
"""
_PATHS = """async () => {
  const paths = [];
  for (const peer of window.peers) {
    const stats = new Map((await peer.getStats()).entries());
    for (const one of stats.values())
      if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded")
        paths.push(stats.get(one.localCandidateId).candidateType);
  }
  return paths;
}"""


@pytest.fixture(scope="module")
def far_browser(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, object],  # noqa: F811 - the fixture of that name
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:
    """A browser with the fake camera that finds the site by its name."""
    film = write_film(tmp_path_factory.mktemp("camera") / "rock.mjpeg", squares("rock"))
    found = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    chosen = {**browser_type_launch_args, "args": [*_CHROMIUM_ARGS, *arguments(film), found]}
    launched = browser_type.launch(**chosen)  # type: ignore[arg-type]
    yield launched
    launched.close()


@pytest.fixture
def tab(far_browser: Browser) -> Iterator[Page]:
    context: BrowserContext = far_browser.new_context(ignore_https_errors=True)
    context.add_init_script(_ONLY_RELAYED)
    yield context.new_page()
    context.close()


@pytest.fixture
def model_and_people(mlflow_store: Path) -> None:
    promote_colour_model()
    make_user("eve", Role.EDITOR)


@contextmanager
def site(settings: Settings, tmp_path: Path, relay: Relay, api: str = "127.0.0.1:9") -> Iterator[Workbench]:
    with (
        running_workbench(settings.data_dir, SHIFUMI_ICE_SERVERS=relay.ice_servers) as bench,
        caddy(tmp_path, bench.url.removeprefix("http://"), api) as port,
    ):
        yield Workbench(f"https://{NAME}:{port}", bench.log_file)


@pytest.mark.usefixtures("model_and_people")
def test_a_relayed_stream_over_https_shows_boxes(settings: Settings, tmp_path: Path, tab: Page) -> None:
    with coturn(tmp_path) as relay, site(settings, tmp_path, relay) as bench:
        live = LivePage(tab, bench, "eve")
        assert tab.evaluate("isSecureContext && location.protocol") == "https:"
        (cookie,) = [one for one in tab.context.cookies() if one["name"].startswith("shifumi")]
        assert cookie["secure"] is True
        live.start()
        live.sees_boxes()
        live.sees("Rock")
        assert set(live.frame.locator("video").evaluate(_PATHS)) == {"relay"}
        assert "CREATE_PERMISSION processed, success" in relay.said
        live.stop()


@pytest.mark.usefixtures("model_and_people")
def test_the_relay_leads_nowhere_else(settings: Settings, tmp_path: Path, tab: Page) -> None:
    """With the workbench not named as a peer there is no way through."""
    with coturn(tmp_path, allowed=False) as relay, site(settings, tmp_path, relay) as bench:
        live = LivePage(tab, bench, "eve")
        live.frame.get_by_role("button", name="Start camera").click()
        wait_until(lambda: "Forbidden IP" in relay.said, timeout=90, what="coturn to refuse")
        assert "CREATE_PERMISSION processed, success" not in relay.said
        assert live.frame.locator("video").evaluate(_PATHS) == []
        assert live.pixels() == 0


def test_the_site_is_closed_up(settings: Settings, tmp_path: Path) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    extensions = {"sni_hostname": NAME}
    with (
        sidecar(settings) as api,
        coturn(tmp_path) as relay,
        site(settings, tmp_path, relay, f"127.0.0.1:{api.port}") as bench,
    ):
        port = bench.url.rpartition(":")[2]
        there = {"Host": f"{NAME}:{port}"}
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", headers=there, verify=trusting) as client:
            page = client.get("/predict", extensions=extensions)
            assert page.headers["content-type"].startswith("text/html")
            assert "max-age=31536000" in page.headers["strict-transport-security"]
            assert page.headers["x-frame-options"] == "SAMEORIGIN"
            assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
            assert "server" not in page.headers
            asked = client.post("/predict", json={"features": [[0.0, 0.0]]}, extensions=extensions)
            assert (asked.status_code, asked.headers["content-type"]) == (401, "application/problem+json")
            assert client.get("/health", extensions=extensions).json()["status"]
            assert client.get("/_stcore/metrics", extensions=extensions).status_code == 404
