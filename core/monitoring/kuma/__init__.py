"""Uptime Kuma, configured from the environment: wanted state, differences, changes."""
