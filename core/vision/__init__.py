"""Boxes, detections, decoding, drawing and tracks of images. Independent of models and stores."""
