"""Speaks Streamlit's protocol without a browser: what a server gives away to whoever asks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.sync.client import connect

QUIET_S = 0.3
"""No message for this long after a run that came to its end: that was all."""


@dataclass
class Answer:
    """Everything one visit showed: the kinds of its elements, its headings, and all bytes received."""

    kinds: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    raw: bytes = b""

    @property
    def is_login_form(self) -> bool:
        """Only what the login form consists of: anything else is a leak."""
        return self.headings == ["Shifumi"] and set(self.kinds) <= LOGIN_FORM and "text_input" in self.kinds

    def add(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        if kind not in (None, "empty"):
            self.kinds.append(kind)
        if kind == "heading":
            self.headings.append(element.heading.body)


LOGIN_FORM = {"heading", "markdown", "text_input", "button", "component_instance", "imgs"}


def visit(url: str, page: str, cookie: str | None = None, by_hash: bool = False, timeout: float = 30.0) -> Answer:
    """Open ``page`` (its address without the slash) and return what came until the server fell silent.

    Elements of a run that was thrown away by a rerun count too: they did reach the client.
    """
    headers = {"Cookie": cookie} if cookie is not None else {}
    address = url.replace("http://", "ws://") + "/_stcore/stream"
    answer = Answer()
    with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None, proxy=None) as socket:
        request = BackMsg()
        if by_hash:
            request.rerun_script.page_script_hash = calc_hash(page)
        else:
            request.rerun_script.page_name = page
        socket.send(request.SerializeToString())
        finished, deadline = False, time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                data = socket.recv(timeout=QUIET_S)
                answer.raw += data
                message = ForwardMsg.FromString(data)
                finished = finished or _came_to_its_end(message)
                for element in _elements(message):
                    answer.add(element)
                continue
            if finished:
                return answer
    raise AssertionError(f"{page} did not finish within {timeout} s; so far {answer.kinds}")


def _came_to_its_end(message: ForwardMsg) -> bool:
    # FINISHED_EARLY_FOR_RERUN would be another value: the next run is still to come.
    ended = message.WhichOneof("type") == "script_finished"
    return ended and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


def _elements(message: ForwardMsg) -> Iterator[Element]:
    if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
        yield message.delta.new_element
