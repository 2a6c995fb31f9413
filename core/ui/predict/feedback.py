"""Right or wrong: a label for the prediction that is shown, and its undo."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from core.auth.roles import Actor, Role
from core.config.settings import get_settings
from core.models.registry import Version
from core.predictions import feedback
from core.predictions.feedback import FeedbackError
from core.predictions.label_limit import LabelLimit
from core.predictions.request_ids import Request, new_request
from core.ui.shell.formats import plain
from core.ui.shell.guard import acting
from core.ui.shell.messages import explained
from core.workloads.charts import class_title

_SHOWN, _WRONG, _PROBLEM = "feedback_request", "feedback_wrong", "feedback_problem"
_NOTHING = "none of these"


def right_or_wrong(
    actor: Actor,
    version: Version,
    classes: Sequence[str],
    answer: str,
    features: Sequence[float] = (),
    asked: Hashable = None,
) -> None:
    """Buttons about one prediction, for those who may label it.

    ``answer`` is the predicted label, empty where nothing was detected. ``asked`` tells predictions apart that differ
    in something else than version, answer and ``features``, such as the photo.
    """
    if actor.role.rank < Role.EDITOR.rank:
        st.caption("An editor can say here whether the prediction is right.")
        return
    request = _request(actor, version, answer, tuple(features), asked)
    with st.container(horizontal=True, vertical_alignment="center", key="feedback"):
        given = feedback.label_of(actor.username, request)
        if given is None:
            _buttons(request, classes)
        else:
            _told(request, given)
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        st.error(plain(problem))


def _request(actor: Actor, version: Version, answer: str, features: tuple[float, ...], asked: Hashable) -> Request:
    """The same as long as the same is shown: a rerun for another reason asked nothing new."""
    shown = (version.workload, version.version, answer, features, asked, actor.username)
    known = st.session_state.get(_SHOWN)
    if known is None or known[0] != shown:
        made = new_request(version.workload, version.version, actor.username, answer, features)
        known = st.session_state[_SHOWN] = (shown, made)
    request: Request = known[1]
    return request


def _buttons(request: Request, classes: Sequence[str]) -> None:
    others = [label for label in classes if label != request.answer]
    if not request.features and request.answer:
        others.append("")
    st.button(
        "Right",
        key=f"btn_right_{request.number}",
        icon=":material/thumb_up:",
        help="The prediction is right. Your answer is stored as feedback on the champion.",
        on_click=_give,
        args=(request, request.answer, classes),
    )
    if len(others) == 1:
        _label_button("Wrong", request, others[0], classes, ":material/thumb_down:")
        return
    # No popover: with the keyboard its buttons cannot be reached.
    st.button(
        "Wrong",
        key=f"btn_wrong_{request.number}",
        icon=":material/thumb_down:",
        help="The prediction is wrong: say what is right.",
        on_click=st.session_state.__setitem__,
        args=(_WRONG, request.number),
    )
    if st.session_state.get(_WRONG) == request.number:
        st.markdown("What is right?", width="content")
        for label in others:
            _label_button(_title(label), request, label, classes)


def _label_button(text: str, request: Request, label: str, classes: Sequence[str], icon: str | None = None) -> None:
    st.button(
        plain(text),
        key=f"btn_wrong_{label}_{request.number}",
        icon=icon,
        help=f"The right label is {plain(_title(label))}. Your answer is stored as feedback on the champion.",
        on_click=_give,
        args=(request, label, classes),
    )


def _told(request: Request, label: str) -> None:
    verdict = "right" if label == request.answer else f"wrong, it is {plain(_title(label))}"
    st.markdown(f":material/check: Stored: **{verdict}**.", width="content")
    st.button(
        "Undo",
        key=f"btn_undo_{request.number}",
        icon=":material/undo:",
        type="tertiary",
        help="Delete this answer.",
        on_click=_withdraw,
        args=(request,),
    )


def _title(label: str) -> str:
    return class_title(label) if label else _NOTHING


def _give(request: Request, label: str, classes: Sequence[str]) -> None:
    try:
        with explained():
            actor = acting()
            if (wait_s := _limit().take(actor.username, 1)) > 0:
                st.session_state[_PROBLEM] = f"Too many labels in an hour. Try again in {wait_s:.0f} seconds."
                return
            feedback.give_own(actor, request, label, classes)
    except FeedbackError as error:
        st.session_state[_PROBLEM] = str(error)


def _withdraw(request: Request) -> None:
    st.session_state.pop(_WRONG, None)
    with explained():
        feedback.withdraw(acting(), request)


@st.cache_resource(show_spinner=False)
def _limit() -> LabelLimit:
    return LabelLimit(get_settings().feedback_per_hour)
