"""Uptime Kuma, set up from the environment: what it should watch, what differs, and how that is changed."""
