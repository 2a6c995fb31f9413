"""Prometheus metrics: read from the catalog in the background, or served by a process without a web server."""
