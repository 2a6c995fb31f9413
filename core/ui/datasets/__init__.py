"""The datasets page's pieces."""
