"""Figures for Prometheus: read from the catalog in the background, or served by a process that has no web server."""
