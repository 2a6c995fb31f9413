"""The prediction API: predictions over HTTP, health and metrics. Read-only: it cannot generate, train or promote."""
