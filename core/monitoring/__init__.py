"""How the installation is: health and its history, metrics, Uptime Kuma, Discord."""
