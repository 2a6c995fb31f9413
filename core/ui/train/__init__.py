"""The train page's pieces."""
