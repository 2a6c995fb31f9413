"""Messages of workloads on images, by code."""

from __future__ import annotations

from core.config.message_plurals import Plural
from core.config.messages import register

TEMPLATES: dict[str, str | Plural] = {
    "images.listing": "Writing the list of all labelled images",
    "images.seen": "{done:count} of {total:count} images processed",
    "images.fitted": Plural("images", "Fitted on {images:count} image", "Fitted on {images:count} images"),
    "images.nothing_to_compare": "There are no new images in the holdout, so nothing can be compared.",
    "images.compared": (
        "The challenger is right on {challenger:percent}, the champion on {champion:percent} of {images:count} new "
        "images: better on {won:count}, worse on {lost:count} ({units:count} {kind:term} swapped, {p:p})."
    ),
    "images.others_harmed": ("{comparison:message} On other people it is worse ({gain:gain}), so it is not promoted."),
    "images.power": (
        "{images:count} images in {units:count} {kind:term} can show a gain of {shows:figure}; {more:count} more would "
        "show {target:figure}."
    ),
    "images.power_none": (
        "{images:count} images in {units:count} {kind:term} can show no gain; {more:count} more, in {more_units:count} "
        "more {kind:term}, would show {target:figure}."
    ),
    "images.unknown_labels": "The champion does not know the classes {labels:list}.",
}

register(TEMPLATES)
