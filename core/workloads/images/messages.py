"""Messages of workloads on images, by code."""

from __future__ import annotations

from core.config.message_plurals import Plural
from core.config.messages import register

TEMPLATES: dict[str, str | Plural] = {
    "images.listing": "Writing the list of all labelled images",
    "images.seen": "{done:count} of {total:count} images processed",
    "images.fitted": Plural("images", "Fitted on {images:count} image", "Fitted on {images:count} images"),
    "images.unknown_labels": "The champion does not know the classes {labels:list}.",
}

register(TEMPLATES)
