"""The prediction API (sidecar): predictions over HTTP, health and metrics. Never trains or promotes."""
