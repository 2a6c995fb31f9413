"""Patches for Streamlit: elements drawn by a script run must reach the browser, also on a busy server.

Streamlit draws in one thread per script run and sends messages from its event loop. On a busy machine the loop is late,
and when a fragment reruns meanwhile (some do twice a second), messages are lost:

- When the drawing thread has ended, a new one is started, and Streamlit discards the messages of the old one: a click
  has its effect, but the page never shows it. (Streamlit prevents this for removed fragments only:
  https://github.com/streamlit/streamlit/issues/9188.)
- Queued messages are merged, and the end of another fragment's run is turned into that of an interrupted run, after
  which the browser keeps stale elements on the page.

With these patches the messages of a thread that ended normally still count, and a fragment's run merges nothing. A run
of the whole page still does: it redraws everything.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, ScriptRunnerEvent

_create = AppSession._create_scriptrunner
_handle = AppSession._handle_scriptrunner_event_on_event_loop
_clear = ForwardMsgQueue.clear
_ended: WeakSet[ScriptRunner] = WeakSet()
"""Threads that had finished when they were replaced."""


def keep_drawn_elements() -> None:
    """For all sessions of this process. Idempotent."""
    AppSession._create_scriptrunner = _created  # type: ignore[method-assign, assignment]
    AppSession._handle_scriptrunner_event_on_event_loop = _handled  # type: ignore[method-assign, assignment]
    ForwardMsgQueue.clear = _cleared  # type: ignore[method-assign, assignment]


def _created(session: AppSession, wanted: RerunData) -> None:
    # A thread that was told to stop was removed from the session before.
    if session._scriptrunner is not None:
        _ended.add(session._scriptrunner)
    _create(session, wanted)


def _handled(
    session: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *rest: Any, **named: Any
) -> None:
    """On the event loop, where messages of the old thread always come before those of the new one."""
    current = session._scriptrunner
    late = sender is not None and sender is not current and sender in _ended
    if not late or event is ScriptRunnerEvent.SHUTDOWN:
        _handle(session, sender, event, *rest, **named)
        return
    session._scriptrunner = sender
    try:
        _handle(session, sender, event, *rest, **named)
    finally:
        session._scriptrunner = current


def _cleared(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    if retain_lifecycle_msgs and fragment_ids_this_run:
        queue._delta_index_map = {}  # append new messages instead of replacing queued ones
        return
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
