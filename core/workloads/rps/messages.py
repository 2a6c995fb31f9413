"""Messages of this workload, by code."""

from __future__ import annotations

from core.config.message_plurals import Plural
from core.config.messages import register

TEMPLATES: dict[str, str | Plural] = {
    "rps.rendering": "{done:count} of {total:count} images rendered",
    "rps.listing": "Writing the list of all labelled images",
    "rps.preparing": Plural("images", "Preparing {images:count} image", "Preparing {images:count} images"),
    "rps.head_features": Plural("images", "Looking at {images:count} image", "Looking at {images:count} images"),
    "rps.head_fitting": Plural("images", "Learning from {images:count} image", "Learning from {images:count} images"),
    "rps.head_learnt": Plural("images", "Learnt from {images:count} image", "Learnt from {images:count} images"),
    "rps.resuming": "Resuming after epoch {epoch} of {epochs}",
    "rps.trained": "Trained: best after epoch {best} of {epochs}",
    "rps.epoch": "Epoch {epoch} of {epochs}, batch {batch} of {batches}",
    "rps.epoch_left": "Epoch {epoch} of {epochs}, batch {batch} of {batches}, {left:about} left at most",
    "rps.stopping": "Stopping in epoch {epoch}, keeping the best so far",
}

register(TEMPLATES)
