"""The prediction API: predictions and feedback over HTTP, health and metrics. It cannot generate, train or promote."""
