"""Images as training data: each stored once by content, with its boxes and its fixed split.

This module defines the sources, states and priorities of an image that the catalog stores.
"""

from __future__ import annotations

from core.vision.provenance import SYNTHETIC as SYNTHETIC

WEBCAM, UPLOAD, IMPORT, LIVE = "webcam", "upload", "import", "live"
SOURCES = (SYNTHETIC, WEBCAM, UPLOAD, IMPORT, LIVE)
"""Source of an image: rendered, webcam recording, upload, imported dataset, or an error flagged on the Live page."""

UNLABELLED, PROPOSED, LABELLED, REJECTED = "unlabelled", "proposed", "labelled", "rejected"
STATES = (UNLABELLED, PROPOSED, LABELLED, REJECTED)
"""State of an image: unlabelled, proposed (to be confirmed), labelled (without boxes: a negative), rejected."""

DECIDED = (LABELLED, REJECTED)
"""States set by a reviewer: such images are not in the review queue."""

FLAGGED, UNSURE, NORMAL = 20, 10, 0
"""Priorities in the review queue, greatest first."""
