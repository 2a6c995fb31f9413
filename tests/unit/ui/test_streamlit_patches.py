"""Nothing that a run drew is lost on a busy server: real Streamlit sessions, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig, SessionClient
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from core.ui.shell import streamlit_patches

_APP = """
import streamlit as st

@st.fragment
def pressed():
    st.session_state.setdefault("times", 0)
    if st.button("Press"):
        st.session_state.times += 1
    st.text(f"pressed {st.session_state.times} times")

@st.fragment(run_every=3600)
def renewed():
    st.text("renewed")

pressed()
renewed()
"""


@pytest.fixture
def kept() -> Iterator[None]:
    streamlit_patches.keep_drawn_elements()
    yield
    AppSession._create_scriptrunner = streamlit_patches._create
    AppSession._handle_scriptrunner_event_on_event_loop = streamlit_patches._handle
    ForwardMsgQueue.clear = streamlit_patches._clear


class Tab(SessionClient):
    """What a browser tab gets and sends."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.got: list[ForwardMsg] = []
        self._news = asyncio.Event()
        self.session = runtime.connect_session(self, {})

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        self.got.append(msg)
        self._news.set()

    def ask(self, fragment: str = "", pressed: str = "") -> None:
        """Ask for a run: of everything or of one fragment, by a timer or by a press of this button."""
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        self._runtime.handle_backmsg(self.session, message)

    def deltas(self) -> Iterator[Delta]:
        return (message.delta for message in self.got if message.WhichOneof("type") == "delta")

    def texts(self) -> list[str]:
        return [delta.new_element.text.body for delta in self.deltas() if delta.new_element.HasField("text")]

    def ends(self) -> list[int]:
        return [message.script_finished for message in self.got if message.WhichOneof("type") == "script_finished"]

    def fragment_of(self, text: str) -> str:
        return next(delta.fragment_id for delta in self.deltas() if delta.new_element.text.body == text)

    def button(self) -> str:
        return next(delta.new_element.button.id for delta in self.deltas() if delta.new_element.HasField("button"))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def thread_of_run(self) -> None:
        """Wait for the running thread to end. Nothing else happens meanwhile: that is a busy event loop."""
        info = self._runtime._session_mgr.get_active_session_info(self.session)
        assert info is not None and info.session._scriptrunner is not None
        thread = info.session._scriptrunner._script_thread
        assert thread is not None
        thread.join(20)
        assert not thread.is_alive()


@asynccontextmanager
async def tab_of(script: Path) -> AsyncIterator[Tab]:
    """A tab in which the page has been drawn once."""
    config = RuntimeConfig(str(script), MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("/upload"))
    runtime = Runtime(config)
    await runtime.start()
    try:
        tab = Tab(runtime)
        tab.ask()
        await tab.until(lambda: bool(tab.ends()))
        yield tab
    finally:
        runtime.stop()
        await runtime.stopped
        Runtime._instance = None


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(_APP, encoding="utf-8")
    return tmp_path / "app.py"


async def _press_just_before_another_fragment_is_renewed(script: Path) -> None:
    async with tab_of(script) as tab:
        tab.ask(tab.fragment_of("pressed 0 times"), pressed=tab.button())
        tab.thread_of_run()
        tab.ask(tab.fragment_of("renewed"))
        await tab.until(lambda: tab.texts().count("renewed") == 2 and "pressed 1 times" in tab.texts())


async def _everything_just_before_a_fragment_is_renewed(script: Path) -> None:
    async with tab_of(script) as tab:
        tab.ask()
        tab.thread_of_run()
        tab.ask(tab.fragment_of("renewed"))
        await tab.until(lambda: tab.texts().count("renewed") == 3 and tab.texts().count("pressed 0 times") == 2)


async def _both_before_anything_is_sent(script: Path) -> None:
    async with tab_of(script) as tab:
        tab.ask(tab.fragment_of("pressed 0 times"), pressed=tab.button())
        tab.thread_of_run()
        tab.ask(tab.fragment_of("renewed"))
        tab.thread_of_run()
        await tab.until(lambda: len(tab.ends()) == 3)
        whole, fragment = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        assert tab.ends() == [whole, fragment, fragment]


def in_a_loop(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: where Playwright was used in this process, a loop runs in the main one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.mark.usefixtures("kept")
def test_a_press_is_shown_although_a_timer_came_before_its_answer_was_sent(script: Path) -> None:
    in_a_loop(_press_just_before_another_fragment_is_renewed(script))


@pytest.mark.usefixtures("kept")
def test_a_whole_run_is_shown_although_a_timer_came_before_it_was_sent(script: Path) -> None:
    in_a_loop(_everything_just_before_a_fragment_is_renewed(script))


@pytest.mark.usefixtures("kept")
def test_the_browser_hears_that_a_run_ended_well_and_tidies_up(script: Path) -> None:
    in_a_loop(_both_before_anything_is_sent(script))
