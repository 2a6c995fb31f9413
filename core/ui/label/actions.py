"""What the editor's keys and buttons do: call the service, keep the step, say what happened."""

from __future__ import annotations

import streamlit as st

from core.auth.roles import Actor
from core.labelling import review, review_queue
from core.labelling.review_history import Step
from core.ui.label.editor import Act
from core.ui.shell.formats import plain
from core.ui.shell.messages import explained, note
from core.vision.boxes import BadBoxError

_STEPS, _PASSED, _ROUND = "label_steps", "label_passed", "label_round"
_FOCUS, _DRAFT, _SAID = "label_focus", "label_draft", "label_said"
_MOST_STEPS = 100


def perform(actor: Actor, act: Act) -> None:
    """Carry ``act`` out as ``actor``; what stands in the way is said on the page."""
    st.session_state[_ROUND] = showing() + 1
    back_to_the_queue()
    if act.action == "next":
        passed().add(act.image)
        return
    if act.action == "accept":
        _hold(act)
    try:
        with explained():
            _save(actor, act)
    except (LookupError, BadBoxError) as error:
        back_to_the_queue()
        st.warning(plain(str(error)), icon=":material/sync_problem:")
    except review.ReviewedMeanwhileError as error:
        _too_late(act, plain(str(error)))


def _hold(act: Act) -> None:
    """Whatever happens while it is saved, what this person drew is shown again."""
    look_at(act.image)
    st.session_state[_DRAFT] = act


def _too_late(act: Act, why: str) -> None:
    look_at(act.image)
    if act.action == "accept":
        why += " Your boxes are shown below: accept to save them instead, or skip."
    st.warning(why, icon=":material/sync_problem:")


def draft_of(image_id: int) -> Act | None:
    """What this person drew on this picture and could not save: somebody was quicker, the catalog did not answer."""
    found: Act | None = st.session_state.get(_DRAFT)
    return found if found is not None and found.image == image_id else None


def _save(actor: Actor, act: Act) -> None:
    if act.action == "undo":
        undo(actor)
    elif act.action == "reject":
        keep(review.reject(actor, [act.image], {act.image: act.seen}))
        passed().add(act.image)
        _say("Rejected.")
    else:
        keep(review.set_boxes(actor, act.image, act.new_boxes(), act.seen))
        back_to_the_queue()
        passed().add(act.image)
        _say("Saved.")


def take_back(actor: Actor) -> None:
    """:func:`undo` from a button, when no picture is shown; what stands in the way is said on the next run."""
    st.session_state[_ROUND] = showing() + 1
    try:
        with explained():
            undo(actor)
    except review.ReviewedMeanwhileError as error:
        note(str(error), ":material/sync_problem:")


def undo(actor: Actor) -> None:
    """Take back the last step of this tab and show its picture again. Raises what :func:`review.undo` raises."""
    steps = _steps()
    if not steps:
        return
    try:
        undone = review.undo(actor, steps[-1])
    except review.ReviewedMeanwhileError:
        steps.pop()
        raise
    steps.pop()
    passed().difference_update(undone.restored)
    if len(undone.restored) == 1:
        look_at(undone.restored[0])
    left = f" {len(undone.kept)} were reviewed again since and stay as they are." if undone.kept else ""
    _say(f"Undone: {len(undone.restored)} image{'s'[: len(undone.restored) != 1]}.{left}")


def accept_confident(actor: Actor, workload: str) -> None:
    """Accept what the model is sure of, as one step. Raises what :func:`review.accept_confident` raises."""
    keep(review.accept_confident(actor, workload, review_queue.CONFIDENT))
    back_to_the_queue()


def keep(step: Step) -> None:
    """Remember a step for :func:`undo`."""
    if step.before:
        st.session_state[_STEPS] = [*_steps(), step][-_MOST_STEPS:]


def undoable() -> bool:
    """Whether this tab has a step to take back."""
    return bool(_steps())


def passed() -> set[int]:
    """Pictures that were skipped or reviewed in this tab: they are not shown again by themselves."""
    found: set[int] = st.session_state.setdefault(_PASSED, set())
    return found


def look_at(image_id: int | None) -> None:
    """Show this picture next, wherever it stands in the queue."""
    st.session_state[_FOCUS] = image_id


def back_to_the_queue() -> None:
    """Show whatever is next, no matter what :func:`look_at` asked for: the choice or the queue has changed."""
    for name in (_FOCUS, _DRAFT, _SAID):
        st.session_state.pop(name, None)


def wanted() -> int | None:
    """The picture that :func:`look_at` asked for."""
    found: int | None = st.session_state.get(_FOCUS)
    return found


def showing() -> int:
    """Counts what was done: after each action the editor reloads its image."""
    count: int = st.session_state.get(_ROUND, 0)
    return count


def said() -> str:
    """Result of the last action, announced by the editor."""
    text: str = st.session_state.get(_SAID, "")
    return text


def _say(text: str) -> None:
    st.session_state[_SAID] = text


def _steps() -> list[Step]:
    found: list[Step] = st.session_state.get(_STEPS, [])
    return found
