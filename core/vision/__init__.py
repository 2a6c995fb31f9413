"""Computer vision primitives: boxes, detections, decoding, drawing, tracking. Independent of models and stores."""
