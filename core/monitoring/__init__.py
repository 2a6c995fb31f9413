"""Monitoring: health and its history, metrics, Uptime Kuma, Discord."""
