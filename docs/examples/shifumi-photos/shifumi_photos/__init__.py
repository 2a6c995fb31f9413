"""A workload for Shifumi in a separate package."""
