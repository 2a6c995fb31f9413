"""Developer tools; not needed to run Shifumi."""
