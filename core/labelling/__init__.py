"""The review queue, proposed boxes, and the decisions of reviewers."""
