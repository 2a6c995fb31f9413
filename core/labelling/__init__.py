"""Labelling: the review queue, proposed boxes, and review decisions."""
