"""The runs page's pieces."""
