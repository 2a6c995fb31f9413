"""What a run has drawn reaches the browser whole, also when the server is busy.

Streamlit draws in a thread per run and sends from its event loop. On a busy machine the loop gets round to it late, and
when a fragment is run meanwhile, as those that renew themselves are twice a second, something is lost:

- When the drawing thread has ended, a new one is started, and Streamlit throws away whatever the old one left: a click
  is carried out, and the page never shows it. (It keeps that from happening to fragments that are gone only:
  https://github.com/streamlit/streamlit/issues/9188.)
- What waits to be sent is thinned out, and the end of another fragment's run becomes that of an interrupted one, after
  which the browser leaves on the page what is not there any more.

Here a thread that ended by itself still counts, and a fragment's run thins out nothing. A run of the whole page still
does: it draws everything anew.
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
"""Threads that had nothing more to do when they were replaced."""


def keep_drawn_elements() -> None:
    """For all sessions of this process. Idempotent."""
    AppSession._create_scriptrunner = _created  # type: ignore[method-assign, assignment]
    AppSession._handle_scriptrunner_event_on_event_loop = _handled  # type: ignore[method-assign, assignment]
    ForwardMsgQueue.clear = _cleared  # type: ignore[method-assign, assignment]


def _created(session: AppSession, wanted: RerunData) -> None:
    # One that was told to stop was taken out of the session before.
    if session._scriptrunner is not None:
        _ended.add(session._scriptrunner)
    _create(session, wanted)


def _handled(
    session: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *rest: Any, **named: Any
) -> None:
    """On the event loop, where what the old thread left always comes before what the new one does."""
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
        queue._delta_index_map = {}  # what comes now goes behind what waits, not into its place
        return
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
