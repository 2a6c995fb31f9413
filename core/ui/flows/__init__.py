"""Components of the Flows page."""
