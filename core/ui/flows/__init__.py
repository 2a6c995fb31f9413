"""The flows page's pieces."""
