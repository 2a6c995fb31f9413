"""The predict page's pieces."""
