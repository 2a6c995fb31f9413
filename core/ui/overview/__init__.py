"""The overview page's pieces."""
