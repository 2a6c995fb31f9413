"""The English templates of messages about feedback; as in :mod:`core.config.message_catalogue`."""

from __future__ import annotations

from core.config.message_plurals import Plural

OF_FEEDBACK: dict[str, str | Plural] = {
    "feedback.no_id": "This is no request id. Send the one that came with the prediction, completely.",
    "feedback.other_installation": "This request id is not of this installation, or was changed.",
    "feedback.foreign": (
        "This prediction was requested by another account. Give feedback with a token of the account that asked."
    ),
    "feedback.expired": Plural(
        "days",
        "This prediction is older than {days:count} day: its label is no longer taken.",
        "This prediction is older than {days:count} days: its label is no longer taken.",
    ),
    "feedback.label": "The label must be one of {classes:list}, not “{label}”.",
    "feedback.role": (
        "Feedback requires the editor role, because the champion is judged by it; {account} has it no longer, or never "
        "had it."
    ),
}
