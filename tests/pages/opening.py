"""Open a page of the workbench in Streamlit's AppTest, logged in as somebody."""

from streamlit.testing.v1 import AppTest

from core.auth.roles import Actor
from core.auth.session_cookie import issue
from core.config.settings import ROOT

# AppTest takes every run for the first one of a cold server when a folder "pages" lies beside the script, and
# the guard's detour through app.py then swallows clicks. A real server is cold once; tests/e2e covers that.
_WARM_APP = f"import runpy\nrunpy.run_path({str(ROOT / 'app.py')!r})\n"


def open_page(path: str = "overview.py", actor: Actor | None = None) -> AppTest:
    """``pages/<path>`` through ``app.py``, as ``actor`` (made by ``tests.people.make_user``; None: signed out)."""
    app = AppTest.from_string(_WARM_APP, default_timeout=90)
    if actor:
        app.session_state["_shifumi_ticket"] = issue(actor.username)
    app.run()
    if path != "overview.py":
        app.switch_page(str(ROOT / "pages" / path)).run()
    return app


def texts(app: AppTest) -> str:
    """Every message, paragraph, heading and caption on the page, for looking things up in."""
    parts = (app.title, app.header, app.subheader, app.markdown, app.caption, app.info)
    parts += (app.success, app.warning, app.error)
    return "\n".join(str(element.value) for kind in parts for element in kind)


def open_tab(page: str, actor: Actor, **state: str) -> AppTest:
    """The page with ``state`` in the session, such as the tab that is chosen; it must draw without an error."""
    app = open_page(page, actor)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception
    return app
