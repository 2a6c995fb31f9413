"""Images as training data: each stored once by content, with its boxes and its fixed split.

The words that the catalog keeps about a picture are named here.
"""

from __future__ import annotations

from core.vision.provenance import SYNTHETIC as SYNTHETIC

WEBCAM, UPLOAD, IMPORT, LIVE = "webcam", "upload", "import", "live"
SOURCES = (SYNTHETIC, WEBCAM, UPLOAD, IMPORT, LIVE)
"""Where a picture came from: the renderer, a recording, a photo, a dataset, a mistake seen on the Live page."""

UNLABELLED, PROPOSED, LABELLED, REJECTED = "unlabelled", "proposed", "labelled", "rejected"
STATES = (UNLABELLED, PROPOSED, LABELLED, REJECTED)
"""Where it stands: nothing known, a guess to confirm, fit for training (without boxes: a negative), not wanted."""

DECIDED = (LABELLED, REJECTED)
"""What people say last: nothing waits for them there."""

FLAGGED, UNSURE, NORMAL = 20, 10, 0
"""Priorities in the review queue, greatest first."""
