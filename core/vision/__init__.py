"""Boxes, detections, decoding, drawing and tracks: what pictures are to everybody. Knows no model and no store."""
